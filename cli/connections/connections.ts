import type { Command } from 'commander';
import { Agent, request } from 'undici';
import type { Connection } from '#contracts';
import { faultsOf, faultsText, readPolicy } from '../policy/read-policy.ts';
import { jsonText, say, table } from '../terminal.ts';
import { refuseUse } from '../unusable.ts';
import { registerConnectionChanges } from './change.ts';

/** `closed`: the server wants the credential. `open`: it answers without, so the gateway can be gone around. */
export type BackDoor = 'closed' | 'open' | 'unprotected' | 'unclear' | 'unreachable';

export interface BackDoorReport {
  readonly connection: string;
  readonly result: BackDoor;
  /** What was seen, and what to do about it. */
  readonly text: string;
}

const exitCodes = { closed: 0, open: 1, unusable: 2 } as const;
const patienceMs = 5000;

/** What a model server's status says when it is asked without the gateway's credential. */
export function judgeBackDoor(
  connection: string,
  { credential }: Connection,
  status: number,
): BackDoorReport {
  if (status === 401 || status === 403) {
    return { connection, result: 'closed', text: `answers ${status} without the credential` };
  }
  if (status >= 200 && status < 300) {
    return credential.kind === 'none'
      ? {
          ...{ connection, result: 'unprotected' },
          text: 'has no credential: whoever reaches the server can use the model; give it one, or close its network',
        }
      : {
          ...{ connection, result: 'open' },
          text: `answers ${status} WITHOUT the credential: make the server check it, or close its network`,
        };
  }
  return { connection, result: 'unclear', text: `answers ${status}, which says neither yes nor no` };
}

/** A server that wants a client certificate ends the connection of who has none, with a TLS alert or without a word. */
function judgeSilence(connection: string, { credential }: Connection, code: string): BackDoorReport {
  if (credential.kind === 'mtls' && /^(?:UND_ERR_SOCKET|ECONNRESET|EPROTO|ERR_SSL_.*)$/.test(code)) {
    return { connection, result: 'closed', text: 'ends the connection without the certificate' };
  }
  return { connection, result: 'unreachable', text: 'does not answer from here' };
}

/** From the least to the most worrying: what a connection of several servers is said to be. */
const worrying: readonly BackDoor[] = ['closed', 'unreachable', 'unclear', 'unprotected', 'open'];

/** Asks each of a connection's servers for its models, without the gateway's credential. Sends nothing else. */
export async function checkBackDoor(
  name: string,
  connection: Connection,
  fetchStatus: (url: string) => Promise<number> = statusOf,
): Promise<BackDoorReport> {
  const urls = [connection.baseUrl, ...(connection.targets ?? [])];
  const reports = await Promise.all(
    urls.map(async (baseUrl): Promise<BackDoorReport> => {
      try {
        return judgeBackDoor(name, connection, await fetchStatus(modelsUrl({ ...connection, baseUrl })));
      } catch (error) {
        return judgeSilence(name, connection, (error as NodeJS.ErrnoException).code ?? '');
      }
    }),
  );
  const worst = reports.map(({ result }) => worrying.indexOf(result));
  const at = worst.indexOf(Math.max(...worst));
  const report = reports[at] as BackDoorReport;
  return urls.length === 1 ? report : { ...report, text: `${urls[at]} ${report.text}` };
}

/** Where a connection's server lists its models: the one address that costs nothing to ask. */
export function modelsUrl({ baseUrl, protocols }: Connection): string {
  const base = baseUrl.replace(/\/+$/, '');
  if (protocols.length === 1 && protocols[0] === 'ollama') return `${base}/api/tags`;
  if (protocols.length === 1 && protocols[0] === 'http') return `${base}/`;
  return base.endsWith('/v1') ? `${base}/models` : `${base}/v1/models`;
}

/** Who the server is doesn't matter here: nothing secret is sent. */
async function statusOf(url: string): Promise<number> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const { statusCode, body } = await request(url, { dispatcher, signal });
    await body.dump();
    return statusCode;
  } finally {
    void dispatcher.close();
  }
}

interface Flags {
  config: string;
  json?: boolean;
}

/**
 * Adds `connections list`, `check [NAME…]`, `add` and `remove`. Exit code of `check`: 0 where every server wants its
 * credential, 1 where one answers without, 2 where `sallyport.yaml` can't be used.
 */
export function registerConnections(program: Command): void {
  const connections = program.command('connections').description('the model servers behind the gateway');
  const withFlags = (command: Command): Command =>
    command
      .option('--config <path>', 'the document, or a folder of its parts', 'sallyport.yaml')
      .option('--json', 'print the result as JSON');
  withFlags(connections.command('list').description('what sallyport.yaml says about them')).action(
    async (flags: Flags) => {
      const found = await connectionsOf(flags);
      if (found) say(flags.json ? jsonText(Object.fromEntries(found), 2) : listText(found));
    },
  );
  withFlags(connections.command('check'))
    .argument('[names...]', 'only these')
    .description('does a model server answer without the credential? Then the gateway can be gone around')
    .action(async (names: string[], flags: Flags) => {
      const found = await connectionsOf(flags, names);
      if (!found) return;
      const reports = await Promise.all(found.map(([name, connection]) => checkBackDoor(name, connection)));
      say(flags.json ? jsonText(reports, 2) : checkText(reports));
      const isOpen = reports.some(({ result }) => result === 'open' || result === 'unprotected');
      process.exitCode = isOpen ? exitCodes.open : exitCodes.closed;
    });
  registerConnectionChanges(connections);
}

/** The connections of the document, by name. Says what is wrong with it and returns undefined where it can't be used. */
async function connectionsOf(
  flags: Flags,
  names: readonly string[] = [],
): Promise<[string, Connection][] | undefined> {
  const read = await readPolicy(flags.config);
  if (read.kind === 'policy') {
    const all = Object.entries(read.document.connections);
    const missing = names.filter((name) => !all.some(([known]) => known === name));
    if (missing.length === 0) return all.filter(([name]) => names.length === 0 || names.includes(name));
    refuseUse(flags, 'connection.not_found', `no such connection: ${missing.join(', ')}`);
  } else refuseUse(flags, 'config.invalid', faultsText(read), faultsOf(read));
  return undefined;
}

function listText(connections: readonly (readonly [string, Connection])[]): string {
  const rows = connections.map(([name, { baseUrl, protocols, models, credential, concurrency, enabled }]) => [
    ...[name, enabled ? baseUrl : `${baseUrl} (disabled)`, protocols.join(' '), (models ?? ['-']).join(' ')],
    ...[credential.kind, String(concurrency)],
  ]);
  return table([['NAME', 'SERVER', 'PROTOCOLS', 'MODELS', 'CREDENTIAL', 'CALLS AT ONCE'], ...rows]);
}

function checkText(reports: readonly BackDoorReport[]): string {
  return table(reports.map(({ connection, result, text }) => [connection, result.toUpperCase(), text]));
}
