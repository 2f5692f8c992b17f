import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { MaskingProfile, namesModes, packNames } from '#contracts';
import { compileMasker, type Masker, openRestorer, restoreText, type Trial } from '#redaction';
import { MAX_LINE_CHARS, parsed, recordsOf } from './mask-lines.ts';

export interface MaskOptions {
  readonly profile?: string;
  readonly packs?: string;
  readonly names?: string;
  readonly threshold?: string;
  readonly spans?: boolean;
  readonly jsonl?: boolean;
  readonly restore?: boolean;
  readonly try?: boolean;
  readonly vault?: string;
  readonly keyFile?: string;
}

/** `sallyport mask`: the masking service's own code path on standard input. */
export function registerMask(program: Command): void {
  program
    .command('mask')
    .description('mask text on standard input, streaming')
    .option(
      '--profile <file>',
      'masking profile (YAML or JSON); FILE#NAME takes one out of a policy document',
    )
    .option('--packs <names>', `"all", or some of ${packNames.join(',')}; instead of the profile's`)
    .option('--names <mode>', `${namesModes.join(', ')}: people, addresses, places, organisations`)
    .option('--threshold <score>', 'least score of a finding, 0 to 1; instead of the profile’s default (0.5)')
    .option('--spans', 'print {"spans":[…]} instead of text; offsets are UTF-16 code units')
    .option('--jsonl', 'read one {"text"} a line, print one result a line')
    .option('--try', 'show each candidate and why it was kept or dropped')
    .option('--vault <file>', 'write what the placeholders stand for (JSON); with --restore read it')
    .option('--restore', 'put the values of --vault back into the text')
    .option('--key-file <file>', 'key of the placeholders, so that runs agree (default: a random key)')
    .action(async (options: MaskOptions) => {
      process.stdin.setEncoding('utf8');
      const write = (text: string) =>
        new Promise<void>((done) => {
          if (text === '' || process.stdout.write(text)) done();
          else process.stdout.once('drain', done);
        });
      process.exitCode = await runMask(options, process.stdin, write, (line) =>
        process.stderr.write(`${line}\n`),
      );
    });
}

/** Returns the exit code: 0, 3 when a profile's `block` stopped the text, 2 when the options or the profile are wrong. */
export async function runMask(
  options: MaskOptions,
  input: AsyncIterable<string | Buffer>,
  write: (text: string) => Promise<void>,
  warn: (line: string) => void,
): Promise<number> {
  try {
    if (options.restore) return await restore(options, input, write);
    const trials: Trial[] = [];
    const masker = await openMasker(options, trials);
    const code = options.jsonl
      ? await maskLines(masker, options, input, write, trials)
      : await maskWhole(masker, options, input, write, trials);
    if (options.vault)
      await writeFile(options.vault, JSON.stringify(Object.fromEntries(masker.issued)), { mode: 0o600 });
    if (code !== 0) warn('blocked by the profile');
    return code;
  } catch (error) {
    warn(error instanceof z.ZodError ? z.prettifyError(error) : String((error as Error).message));
    return 2;
  }
}

async function openMasker(options: MaskOptions, trials: Trial[]): Promise<Masker> {
  const profile = narrowed(options.profile ? await readProfile(options.profile) : {}, options);
  const key = options.keyFile ? await readFile(options.keyFile) : randomBytes(32);
  const trace = (trial: Trial) => trials.push(trial);
  return compileMasker(profile, { key, scope: 'cli', ...(options.try && { trace }) });
}

/** The profile with what the command line says instead. Throws ZodError. */
export function narrowed(
  written: unknown,
  { packs, threshold, names }: Pick<MaskOptions, 'packs' | 'threshold' | 'names'>,
) {
  const profile = MaskingProfile.parse(written);
  const chosen = packs === 'all' ? packNames : packs?.split(',').map((name) => name.trim());
  const defaults = { ...profile.defaults, ...(threshold !== undefined && { threshold: Number(threshold) }) };
  return MaskingProfile.parse({
    ...profile,
    ...(chosen && { packs: chosen }),
    ...(names && { names }),
    defaults,
  });
}

async function readProfile(reference: string): Promise<unknown> {
  const [file = '', name] = reference.split('#');
  const document: unknown = parse(await readFile(file, 'utf8'));
  if (name === undefined) return document;
  const profile = (document as { masking?: { profiles?: Record<string, unknown> } })?.masking?.profiles?.[
    name
  ];
  if (profile === undefined) throw new Error(`${file} has no masking profile ${name}`);
  return profile;
}

async function maskWhole(
  masker: Masker,
  options: MaskOptions,
  input: AsyncIterable<string | Buffer>,
  write: (text: string) => Promise<void>,
  trials: Trial[],
): Promise<number> {
  if (options.spans || options.try) {
    let text = '';
    for await (const chunk of input) {
      text += String(chunk);
      if (text.length > MAX_LINE_CHARS)
        throw new Error(`the text is longer than ${MAX_LINE_CHARS} characters`);
    }
    await write(describe(masker, text, options, trials));
    return 0;
  }
  const stream = masker.openStream();
  for await (const chunk of input) await write(stream.push(String(chunk)));
  await write(stream.end());
  return stream.blocked ? 3 : 0;
}

async function maskLines(
  masker: Masker,
  options: MaskOptions,
  input: AsyncIterable<string | Buffer>,
  write: (text: string) => Promise<void>,
  trials: Trial[],
): Promise<number> {
  let code = 0;
  for await (const record of recordsOf(input)) {
    if (options.spans || options.try) {
      await write(describe(masker, record.text, options, trials));
      continue;
    }
    const { text, blocked } = masker.maskText(record.text);
    if (blocked) code = 3;
    await write(`${JSON.stringify({ ...record, text, ...(blocked && { blocked }) })}\n`);
  }
  return code;
}

/** Spans as one JSON line, or with `--try` the candidates with their text, one a line. */
function describe(masker: Masker, text: string, options: MaskOptions, trials: Trial[]): string {
  trials.length = 0;
  const spans = masker.findSpans(text);
  if (!options.try) return `${JSON.stringify({ spans })}\n`;
  if (options.spans) return `${JSON.stringify({ spans, candidates: trials })}\n`;
  const rows = trials.map(({ start, end, entity, rule, score, outcome }) => {
    const value = JSON.stringify(text.slice(start, end));
    return `${outcome.padEnd(15)} ${entity} ${score.toFixed(2)} ${rule} ${start}-${end} ${value}\n`;
  });
  return rows.join('');
}

async function restore(
  options: MaskOptions,
  input: AsyncIterable<string | Buffer>,
  write: (text: string) => Promise<void>,
): Promise<number> {
  if (!options.vault) throw new Error('--restore needs --vault');
  const written = parsed(await readFile(options.vault, 'utf8'), options.vault);
  const vault = new Map(Object.entries(z.record(z.string(), z.string()).parse(written)));
  if (options.jsonl) {
    for await (const record of recordsOf(input))
      await write(`${JSON.stringify({ ...record, text: restoreText(record.text, vault) })}\n`);
    return 0;
  }
  const stream = openRestorer(vault);
  for await (const chunk of input) await write(stream.push(String(chunk)));
  await write(stream.end());
  return 0;
}
