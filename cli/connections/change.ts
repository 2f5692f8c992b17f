import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { protocolNames } from '#contracts';
import { formatIssue, loadPolicy } from '#rules';
import { readSources } from '../policy/read-policy.ts';
import { unseenAsText } from '../terminal.ts';
import { refuseUse } from '../unusable.ts';
import { addConnection, lineDiff, removeConnection } from './edit.ts';

interface Flags {
  config: string;
  yes?: boolean;
  json?: boolean;
}

interface AddFlags extends Flags {
  url: string;
  target?: string[];
  model?: string[];
  protocol?: string[];
  description?: string;
  concurrency?: string;
  healthPath?: string;
  ca?: string;
  credential: string;
  secret?: string;
  headerName?: string;
  username?: string;
  certificate?: string;
  key?: string;
  tokenUrl?: string;
  clientId?: string;
  scope?: string;
}

const kinds = ['none', 'bearer', 'header', 'basic', 'mtls', 'oauth2'];

/** Adds `connections add` and `connections remove`, which edit `sallyport.yaml` and show the difference first. */
export function registerConnectionChanges(connections: Command): void {
  const withFlags = (command: Command): Command =>
    command
      .option('--config <path>', 'the document, or a folder of its parts', 'sallyport.yaml')
      .option('--yes', 'write without asking')
      .option('--json', 'print the result as JSON');
  withFlags(connections.command('add').argument('<name>').description('add a model server to sallyport.yaml'))
    .requiredOption('--url <url>', 'where it is, without /v1')
    .option('--target <url...>', 'more servers with the same models')
    .option('--model <name...>', 'models that may be asked for')
    .addOption(new Option('--protocol <name...>', 'what it speaks').choices([...protocolNames]))
    .option('--description <text>')
    .option('--concurrency <n>', 'calls at the same time')
    .option('--health-path <path>', 'asked every 10 s whether a target is well')
    .option('--ca <reference>', 'its certificate authorities')
    .addOption(new Option('--credential <kind>').choices(kinds).default('none'))
    .option(
      '--secret <reference>',
      "where the secret is, never the secret: '$" + "{file:NAME}' or '$" + "{env:NAME}'",
    )
    .option('--header-name <name>', 'for header')
    .option('--username <name>', 'for basic')
    .option('--certificate <reference>', 'for mtls')
    .option('--key <reference>', 'for mtls')
    .option('--token-url <url>', 'for oauth2')
    .option('--client-id <id>', 'for oauth2')
    .option('--scope <scope>', 'for oauth2')
    .action((name: string, flags: AddFlags) =>
      change(flags, (text) => addConnection(text, name, connectionOf(flags))),
    );
  withFlags(
    connections.command('remove').argument('<name>').description('take a model server out of sallyport.yaml'),
  ).action((name: string, flags: Flags) => change(flags, (text) => removeConnection(text, name)));
}

/** What the options say, as it stands in the document; the schema judges it. */
function connectionOf(flags: AddFlags): object {
  const { url, target, model, protocol, description, concurrency, healthPath, ca } = flags;
  const all = {
    description,
    baseUrl: url,
    targets: target,
    health: healthPath === undefined ? undefined : { path: healthPath },
    tls: ca === undefined ? undefined : { ca },
    credential: flags.credential === 'none' ? undefined : credentialOf(flags),
    models: model,
    protocols: protocol,
    concurrency: concurrency === undefined ? undefined : Number(concurrency),
  };
  return given(all);
}

function credentialOf(flags: AddFlags): object {
  const {
    credential: kind,
    secret,
    headerName,
    username,
    certificate,
    key,
    tokenUrl,
    clientId,
    scope,
  } = flags;
  return given({ kind, name: headerName, username, tokenUrl, clientId, secret, scope, certificate, key });
}

const given = (all: object): object =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));

async function change(flags: Flags, edit: (text: string) => ReturnType<typeof addConnection>): Promise<void> {
  const refuse = (why: string): void =>
    refuseUse(flags, 'config.invalid', `${why}\n${flags.config}: nothing was changed`);
  const sources = await readSources(flags.config).catch((error: Error) => error);
  if (sources instanceof Error) return refuse(sources.message);
  // In a folder the part that has connections is edited.
  const part = sources.find(({ text }) => /^connections\s*:/m.test(text)) ?? sources[0];
  if (!part) return refuse('there is no document');
  const edited = edit(part.text);
  if (edited.kind === 'refused') return refuse(edited.why);
  const made = sources.map((each) => (each === part ? { ...each, text: edited.text } : each));
  const loaded = loadPolicy(made);
  if (loaded.kind !== 'policy') return refuse(loaded.issues.map(formatIssue).join('\n'));
  const diff = lineDiff(part.text, edited.text);
  if (!flags.json) process.stdout.write(`${unseenAsText(diff)}\n`);
  const isWanted = flags.yes || (await isConfirmed());
  const path =
    sources.length === 1 && part.name === flags.config ? part.name : join(dirname(flags.config), part.name);
  if (isWanted) await replace(path, part.text, edited.text);
  if (flags.json) process.stdout.write(`${JSON.stringify({ file: path, diff, written: isWanted })}\n`);
  else
    process.stdout.write(
      isWanted ? `${path} is written. Put it into force: sallyport config apply\n` : 'Nothing is written.\n',
    );
}

async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Write this? [y/N] ');
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Whole or not at all; not over what somebody else wrote meanwhile. */
async function replace(path: string, before: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8')) !== before) throw new Error(`${path} was changed meanwhile`);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
