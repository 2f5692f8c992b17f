import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import {
  configActivated,
  IncidentList,
  LedgerKeyList,
  Moment,
  RevisionDetail,
  RevisionList,
  reportKinds,
  SessionDetail,
} from '#contracts';
import { addressOf } from '../addresses.ts';
import { CallError, Caller, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { jsonText, say } from '../terminal.ts';
import { keysOf, signersOf } from './evidence-keys.ts';
import { inForce } from './evidence-revisions.ts';
import { controlsOfRequest, evidenceControls, evidenceReadme } from './evidence-text.ts';

interface EvidenceFlags extends CallerFlags {
  from?: string;
  to?: string;
  request?: string;
  out: string;
  policyUrl: string;
}

/** So long a checkpoint over a request is waited for, ms. */
const coveredMs = 20_000;

/** What the bundle is about, in time. */
interface Period {
  readonly from: number;
  readonly to: number;
}

/** Adds `audit evidence`: everything that somebody needs who has to believe it, in one folder. */
export function registerEvidence(audit: Command): void {
  withCaller(
    audit.command('evidence').description('a folder of records, proofs, policy and controls, for an auditor'),
    addressOf('audit'),
  )
    .option('--from <time>', 'recorded since (ISO 8601)')
    .option('--to <time>', 'recorded before (ISO 8601); now, where it is left out')
    .option('--request <id>', 'one request instead of a period')
    .requiredOption('--out <folder>', 'a new folder')
    .option('--policy-url <url>', 'the policy service', addressOf('policy'))
    .action((flags: EvidenceFlags) =>
      runCall(flags, async (caller) => {
        const policy = Caller.of({ ...flags, url: flags.policyUrl });
        await makeBundle(caller, policy, flags, Date.now());
        const line = flags.json ? jsonText({ out: flags.out }) : `${flags.out}: see README.md in it`;
        say(line);
      }),
    );
}

async function makeBundle(audit: Caller, policy: Caller, flags: EvidenceFlags, nowMs: number): Promise<void> {
  const asked = periodOf(flags, nowMs);
  const { out, request } = flags;
  const session = request === undefined ? null : await sessionOf(audit, request);
  await mkdir(out, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new CallError('request.invalid', `--out ${out} can't be made: ${error.code}`, 0);
  });
  const write = (name: string, text: string) =>
    writeFile(path.join(out, name), text, { flag: 'wx', mode: 0o600 });
  if (session !== null) await write('session.json', json(session));
  const period = session === null ? asked : periodOfSession(session, nowMs);

  const query = request === undefined ? timesOf(period) : new URLSearchParams({ request });
  query.set('policy', 'true');
  await save(audit, `/v1/export?${query}`, path.join(out, 'ledger.ndjson'));
  await write('gaps.json', json(await audit.call('GET', '/v1/gaps?all=true', IncidentList)));
  const exported = await readExport(path.join(out, 'ledger.ndjson'));
  const { items } = await audit.call('GET', '/v1/key/history', LedgerKeyList);
  const keys = keysOf(items, exported.keyIds);
  await write('key.txt', keys.map(({ key }) => `${key}\n`).join(''));
  const handovers = keys.slice(1).flatMap(({ handover }) => handover ?? []);
  for (const [i, note] of handovers.entries()) await write(`handover-${i + 1}.txt`, note);
  await write('checkpoint.txt', exported.checkpoint);
  await savePolicy(policy, path.join(out, 'policy'), period, exported.revisions);
  if (session === null) await saveReports(audit, path.join(out, 'reports'), period);

  const time = (ms: number) => new Date(ms).toISOString();
  const about = request ?? `${time(period.from)} to ${time(period.to)}`;
  const origin = items[0]?.key.split('+')[0] ?? '';
  const scope = {
    about,
    origin,
    madeAt: time(nowMs),
    hasReports: session === null,
    handovers: handovers.length,
  };
  await write('README.md', evidenceReadme(scope));
  await write('controls.md', session === null ? evidenceControls : controlsOfRequest());
  await write('SHA256SUMS', await digestsOf(out));
}

function periodOf({ from, to, request }: EvidenceFlags, nowMs: number): Period {
  if ((request === undefined) === (from === undefined) || (request !== undefined && to !== undefined)) {
    throw new CallError('request.invalid', 'Give either --from (and --to), or --request.', 0);
  }
  const parsed = z.object({ from: Moment.optional(), to: Moment.optional() }).safeParse({ from, to });
  const period = { from: parsed.data?.from ?? 0, to: parsed.data?.to ?? nowMs };
  if (!parsed.success || period.from >= period.to) {
    throw new CallError(
      'request.invalid',
      '--from and --to are moments such as 2026-01-01, in this order.',
      0,
    );
  }
  return period;
}

/** The request once a checkpoint covers all of it; what came since the newest one would be missing. */
async function sessionOf(audit: Caller, id: string): Promise<SessionDetail> {
  const from = `/v1/sessions/${encodeURIComponent(id)}?content=false`;
  for (const endMs = Date.now() + coveredMs; ; ) {
    const session = await audit.call('GET', from, SessionDetail);
    if (session.proof !== null) return session;
    if (Date.now() > endMs) {
      const message = 'No checkpoint covers all of the request yet. Try again in a few seconds.';
      throw new CallError('service.unavailable', message, 0);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function periodOfSession({ receivedAt, completedAt }: SessionDetail, nowMs: number): Period {
  return { from: receivedAt ?? 0, to: (completedAt ?? nowMs) + 1 };
}

const timesOf = ({ from, to }: Period) => new URLSearchParams({ from: String(from), to: String(to) });
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function save(caller: Caller, from: string, file: string): Promise<void> {
  const target = await open(file, 'wx', 0o600);
  await pipeline(Readable.fromWeb(await caller.stream(from)), target.createWriteStream());
}

/** The checkpoint that an export ends with, the revisions that came into force in it, and the ids of the keys that signed. */
async function readExport(
  file: string,
): Promise<{ checkpoint: string; revisions: string[]; keyIds: Set<string> }> {
  let checkpoint = '';
  const revisions: string[] = [];
  const keyIds = new Set<string>();
  const activated = `"subject":${JSON.stringify(configActivated.subject())}`;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const kind = /^\{"line":"(checkpoint|tombstone|seal)"/.exec(line)?.[1];
    if (kind !== undefined) {
      const { note } = z.object({ note: z.string() }).parse(JSON.parse(line));
      for (const id of signersOf(note)) keyIds.add(id);
      if (kind === 'checkpoint') checkpoint = note;
    } else if (line.includes(activated)) {
      const { head } = z.object({ head: z.string() }).parse(JSON.parse(line));
      revisions.push(z.object({ revision: z.string() }).parse(JSON.parse(head)).revision);
    }
  }
  return { checkpoint, revisions, keyIds };
}

async function savePolicy(
  policy: Caller,
  folder: string,
  { from, to }: Period,
  recorded: readonly string[],
): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  const list = await policy.call('GET', '/v1/revisions', RevisionList);
  const known = list.items.map(({ revision }) => revision);
  const needed = new Set([...inForce(list.items, from, to), ...recorded]);
  const revisions = known.filter((revision) => needed.has(revision));
  const shown = list.items.filter(({ revision }) => revisions.includes(revision));
  const options = { flag: 'wx', mode: 0o600 } as const;
  await writeFile(path.join(folder, 'revisions.json'), json(shown), options);
  for (const revision of revisions) {
    const detail = await policy.call('GET', `/v1/revisions/${encodeURIComponent(revision)}`, RevisionDetail);
    const stem = path.join(folder, plain(revision));
    await writeFile(`${stem}.json`, json(detail), options);
    for (const [i, { name, text }] of detail.files.entries()) {
      await writeFile(`${stem}-${i + 1}-${plain(path.basename(name))}`, text, options);
    }
  }
}

/** A name that is safe as a file's. */
const plain = (name: string): string => name.replace(/[^\w.-]/g, '_').slice(0, 100);

async function saveReports(audit: Caller, folder: string, period: Period): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  // Reports are about at most 366 days: of a longer period the last.
  const from = Math.max(period.from, period.to - 366 * 86_400_000);
  for (const by of reportKinds) {
    const query = timesOf({ ...period, from });
    await save(audit, `/v1/reports?by=${by}&format=csv&${query}`, path.join(folder, `${by}.csv`));
  }
}

/** SHA-256 of every file, as `sha256sum -c` reads it. */
async function digestsOf(folder: string): Promise<string> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
  const lines = await Promise.all(
    files.sort().map(async (file) => {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(file)) hash.update(chunk);
      return `${hash.digest('hex')}  ${path.relative(folder, file)}\n`;
    }),
  );
  return lines.join('');
}
