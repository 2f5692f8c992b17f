import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Command } from 'commander';
import { type ExportReport, followHandovers, noteVerifier, type Problem, verifyExport } from '#ledger';
import { jsonText, say } from '../terminal.ts';
import { errorJson } from '../unusable.ts';
import { type RevisionFinding, verifyPolicy } from './verify-policy.ts';

interface Flags {
  key: string[];
  anchor: string[];
  handover?: string[];
  origin?: string;
  policy?: string;
  json?: boolean;
}

const exitCodes = { intact: 0, tampered: 1, unusable: 2 } as const;
const collect = (value: string, values: string[]) => [...values, value];

/**
 * Adds `verify EXPORT --key PUB` to the `audit` command: checks an export offline. Exit code 0: intact, 1: not,
 * 2: it could not be checked (no such file, no usable key).
 */
export function registerAuditVerify(audit: Command): void {
  audit
    .command('verify')
    .argument('<export>', 'the export: a file, a .gz file, or - for standard input')
    .description('check an export offline, with nothing but the public key')
    .option('--key <key>', 'public key, or a file of public keys; repeat while keys are rotated', collect, [])
    .option('--anchor <file>', 'a signed checkpoint that was kept elsewhere; may be repeated', collect, [])
    .option(
      '--handover <file>',
      'a statement by which a key that you trust handed over to another; may be repeated',
      collect,
      [],
    )
    .option('--origin <name>', 'the log that the export must be of')
    .option(
      '--policy <folder>',
      'texts of revisions (`policy/` of a bundle), compared with what the ledger says of them',
    )
    .option('--json', 'print the report as JSON')
    .action(async (path: string, flags: Flags) => {
      process.exitCode = await auditVerify(path, flags, say);
    });
}

/** Verifies the export at `path`, prints the report and returns the exit code. */
export async function auditVerify(
  path: string,
  flags: Flags,
  print: (text: string) => void,
): Promise<number> {
  try {
    const publicKeys = (await Promise.all(flags.key.map(readKeys))).flat();
    if (publicKeys.length === 0)
      throw new Error('give the public key with --key → sallyport audit checkpoint --key prints it');
    const handovers = await Promise.all((flags.handover ?? []).map((file) => readFile(file, 'utf8')));
    const trusted = followHandovers(publicKeys.map(noteVerifier), handovers, flags.origin);
    const keys = trusted.map(({ publicKey }) => publicKey);
    const anchors = await Promise.all(flags.anchor.map((file) => readFile(file, 'utf8')));
    const origin = flags.origin === undefined ? {} : { origin: flags.origin };
    const report = await verifyExport(open(path), keys, { anchors, ...origin });
    const policy = flags.policy === undefined ? [] : await verifyPolicy(flags.policy, report.revisions);
    const isIntact = report.isIntact && policy.every(({ fault }) => fault === null);
    const all = { ...report, isIntact, ...(flags.policy !== undefined && { policy }) };
    print(flags.json ? jsonText(all) : describe(report, policy));
    return isIntact ? exitCodes.intact : exitCodes.tampered;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    print(flags.json ? errorJson('export.unusable', message) : `cannot verify: ${message}`);
    return exitCodes.unusable;
  }
}

/** A key as given, or the keys of a file, one a line. */
async function readKeys(value: string): Promise<string[]> {
  const lines = isPublicKey(value) ? [value] : (await readFile(value, 'utf8')).split('\n');
  const keys = lines.map((line) => line.trim()).filter((line) => line !== '');
  for (const key of keys) noteVerifier(key);
  return keys;
}

function isPublicKey(value: string): boolean {
  return /^[^\s+]+\+[0-9a-f]{8}\+/.test(value);
}

async function* open(path: string): AsyncGenerator<Uint8Array> {
  const file: Readable =
    path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1024 * 1024 });
  if (!path.endsWith('.gz')) {
    yield* file;
    return;
  }
  const clear = createGunzip();
  file.on('error', (error: Error) => clear.destroy(error));
  yield* file.pipe(clear);
}

function describe(report: ExportReport, policy: readonly RevisionFinding[]): string {
  const { entries, size, checkpoints, skipped, withoutContent, erasedValues, lostSequences } = report;
  const facts = [
    `log            ${report.origin ?? '?'} (${report.scope ?? 'unknown scope'})`,
    `tree           ${size} entries, root ${report.root}`,
    `verified       ${entries} entries, ${checkpoints} checkpoints`,
    ...report.logs.map((log) => `stream         ${log.logId}: ${log.firstSequence} to ${log.lastSequence}`),
    `not in here    ${skipped} entries, ${withoutContent} contents, ${erasedValues} erased personal values`,
    ...report.tombstones.map(tombstoneText),
    `lost           ${lostSequences} sequences, recorded as lost`,
    ...policy.map(({ revision, index, fault }) =>
      index === null
        ? `policy         ${revision}: nothing in here says that it came into force`
        : `policy         ${revision}, in force by entry ${index}: ${fault ?? 'this is its text'}`,
    ),
  ];
  if (report.firstBad === null) {
    return [...facts, policy.every(({ fault }) => fault === null) ? 'INTACT' : 'NOT INTACT'].join('\n');
  }
  const first = `first bad      ${place(report.firstBad)}${report.firstBad.detail} (${report.firstBad.code})`;
  const others = report.problems
    .filter((problem) => problem !== report.firstBad)
    .map((problem) => `also           ${place(problem)}${problem.detail} (${problem.code})`);
  return [...facts, first, ...others.slice(0, 9), 'NOT INTACT'].join('\n');
}

function tombstoneText({
  scope,
  from,
  to,
  dropped,
  atMs,
  reason,
}: ExportReport['tombstones'][number]): string {
  const at = new Date(atMs).toISOString();
  return `dropped        ${dropped} ${scope === 'content' ? 'contents' : 'entries'} of ${from} to ${to - 1}, ${at}: ${reason}`;
}

function place({ index, logId, sequence, line }: Problem): string {
  const parts = [
    index === undefined ? '' : `entry ${index}`,
    sequence === undefined ? '' : `sequence ${sequence} of ${logId}`,
    line === undefined ? '' : `line ${line}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}
