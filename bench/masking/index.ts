import path from 'node:path';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { packageRoot } from '#embedded';
import { compileMasker, type Masker } from '#redaction';
import { Chance } from '../../tools/chance.ts';
import { writeResult } from '../results.ts';
import { adversarialTexts } from './adversarial.ts';
import { measureNames, namesSet } from './names/index.ts';
import { measureNearMisses } from './near-misses.ts';
import { measurePhones } from './phones.ts';
import { measureSecrets } from './secrets.ts';
import { type BenignTexts, benignTexts } from './texts.ts';
import { SENTENCES, VALUES } from './values.ts';

interface Row {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
}

const CASES_PER_ENTITY = 2_000;
const BULK_CHARS = 4_000_000;
const STREAMED_CHARS = 400_000;
const NAMED_TEXTS = 3_000;
const TOKEN = /\s?[\w'-]{1,8}|\s?[^\w\s]|\s/g;

/** `npm run bench -- masking`: the rows of the masking goals that this repository can measure by itself. */
export async function benchMasking(): Promise<void> {
  const before = process.cpuUsage();
  const masker = open('bench');
  const { user, system } = process.cpuUsage(before);
  const startMs = (user + system) / 1_000;
  const texts = benignTexts(path.join(packageRoot(), 'node_modules'));
  const rows: Row[] = [
    { what: 'start, tables (CPU)', goal: '≤ 50 ms', measured: `${startMs.toFixed(1)} ms` },
    ...Object.keys(VALUES).map((entity) => recallRow(masker, entity)),
    ...phoneRows(masker),
    ...secretRows(masker),
    benignRow(masker, 'prose', '≤ 0.5 %', texts.prose),
    benignRow(masker, 'code', '≤ 0.2 %', texts.code),
    bulkRow(masker, 'bulk, prose', '≥ 10 MB/s', texts.prose),
    bulkRow(masker, 'bulk, code', '≥ 10 MB/s', texts.code),
    ...adversarialTexts().map(([what, text]) => bulkRow(masker, `adversarial ${what}`, '≥ 0.5 MB/s', text)),
    ...streamRows(masker, texts.prose, '≤ 3 µs'),
    ...namesRows(texts),
  ];
  for (const { what, goal, measured } of rows)
    console.log(`${what.padEnd(34)} ${goal.padEnd(14)} ${measured}`);
  await writeResult('masking', { rows });
}

function open(scope: string, input: MaskingProfileInput = {}): Masker {
  return compileMasker(MaskingProfile.parse(input), { key: new Uint8Array(32), scope });
}

/** The names lane on its own labelled set, and what it costs. */
function namesRows(texts: BenignTexts): Row[] {
  const masker = open('names', { names: 'standard' });
  const set = namesSet(NAMED_TEXTS);
  const { people, addresses, precision, f2, recall } = measureNames(masker, set);
  const per = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows: Row[] = [
    { what: 'PERSON', goal: '≥ 82 %', measured: per(people) },
    { what: 'ADDRESS', goal: '≥ 80 %', measured: per(addresses) },
    { what: 'LOCATION, characters', goal: '–', measured: per(recall.LOCATION ?? 0) },
    { what: 'ORGANIZATION, characters', goal: '–', measured: per(recall.ORGANIZATION ?? 0) },
    { what: 'character precision', goal: '≥ 88 %', measured: per(precision) },
    { what: 'F2', goal: '≥ 0.65', measured: f2.toFixed(3) },
    benignRow(masker, 'prose', '–', texts.prose),
    benignRow(masker, 'code', '–', texts.code),
    bulkRow(masker, 'bulk, prose', '≥ 1.5 MB/s', texts.prose),
    bulkRow(masker, 'bulk, code', '≥ 1.5 MB/s', texts.code),
    bulkRow(
      masker,
      'bulk, nothing but names',
      '≥ 1.5 MB/s',
      set
        .map(({ text }) => text)
        .join('\n')
        .repeat(4),
    ),
    ...streamRows(masker, texts.prose, '≤ 30 µs'),
  ];
  return rows.map((row) => ({ ...row, what: `names: ${row.what}` }));
}

/** How often a value is masked from its first to its last character. */
function recallRow(masker: Masker, entity: string): Row {
  const chance = new Chance(entity.length * 7919);
  let found = 0;
  for (let k = 0; k < CASES_PER_ENTITY; k++) {
    const value = VALUES[entity]!(chance);
    const text = chance.pick(SENTENCES).replace('{}', () => value);
    const at = text.indexOf(value);
    const { findings } = masker.maskText(text);
    if (findings.some(({ start, end }) => start <= at && end >= at + value.length)) found++;
  }
  return { what: `running text, ${entity}`, goal: '≥ 95 %', measured: percent(found, CASES_PER_ENTITY) };
}

/** With `--verbose`, what was missed. */
const isVerbose = process.argv.includes('--verbose');

function phoneRows(masker: Masker): Row[] {
  const { written, formatted, weak } = measurePhones(masker, SENTENCES, new Chance(31));
  if (isVerbose) console.log(weak.join('\n'));
  return [
    { what: 'national phones, as written', goal: '≥ 95 %', measured: percent(written, 1) },
    { what: 'national phones, as formatted', goal: '≥ 95 %', measured: percent(formatted, 1) },
  ];
}

/** Of the development set: credentials in the formats of gitleaks' rules, and what only looks like one. */
function secretRows(masker: Masker): Row[] {
  const { cases, found, rules, covered, weak } = measureSecrets(masker);
  const near = measureNearMisses(masker);
  if (isVerbose) {
    for (const { rule, share, missed } of weak)
      console.log(`${rule} ${percent(share, 1)} ${JSON.stringify(missed)}`);
    for (const text of near.examples) console.log(`near miss masked: ${JSON.stringify(text)}`);
  }
  return [
    { what: `secrets, ${cases} cases`, goal: '≥ 95 %', measured: percent(found, cases) },
    { what: 'secrets, rules covered', goal: '≥ 95.5 %', measured: `${covered} of ${rules}` },
    {
      what: `secrets, ${near.cases} near misses`,
      goal: '≤ 20 %',
      measured: percent(near.masked, near.cases),
    },
  ];
}

function benignRow(masker: Masker, kind: string, goal: string, text: string): Row {
  const masked = masker.maskText(text).findings.reduce((sum, { start, end }) => sum + end - start, 0);
  return { what: `benign ${kind} masked`, goal, measured: percent(masked, text.length) };
}

function bulkRow(masker: Masker, what: string, goal: string, source: string): Row {
  const text = source.slice(0, BULK_CHARS);
  masker.maskText(text);
  const before = process.cpuUsage();
  masker.maskText(text);
  const { user, system } = process.cpuUsage(before);
  return { what, goal, measured: `${(Buffer.byteLength(text) / (user + system)).toFixed(1)} MB/s` };
}

function streamRows(masker: Masker, prose: string, goal: string): Row[] {
  const tokens = prose.slice(0, STREAMED_CHARS).match(TOKEN) ?? [];
  measureStream(masker, tokens);
  const { cpuUs, held, longest, first } = measureStream(masker, tokens);
  const at = (share: number) => held[Math.floor(held.length * share)] ?? 0;
  return [
    { what: 'stream, CPU a token', goal, measured: `${(cpuUs / tokens.length).toFixed(2)} µs` },
    { what: 'stream, held tokens p50', goal: '≤ 1', measured: String(at(0.5)) },
    { what: 'stream, held tokens p95', goal: '≤ 10', measured: String(at(0.95)) },
    { what: 'stream, held characters, most', goal: '≤ 512', measured: String(longest) },
    { what: 'stream, first output after tokens', goal: '≤ 2', measured: String(first) },
  ];
}

/** Streams token by token; a token is held as long as its last character has not come out. */
function measureStream(masker: Masker, tokens: readonly string[]) {
  const stream = masker.openStream();
  const ends: number[] = [];
  const held: number[] = [];
  let received = 0;
  let waiting = 0;
  let longest = 0;
  const before = process.cpuUsage();
  tokens.forEach((token) => {
    stream.push(token);
    received += token.length;
    ends.push(received);
    const decided = received - stream.heldChars;
    while (waiting < ends.length && ends[waiting]! <= decided) waiting++;
    held.push(ends.length - waiting);
    longest = Math.max(longest, stream.heldChars);
  });
  const { user, system } = process.cpuUsage(before);
  stream.end();
  held.sort((a, b) => a - b);
  return { cpuUs: user + system, held, longest, first: firstOutput(masker, tokens) };
}

/** Median over many answers of how many tokens go in before the first text comes out. */
function firstOutput(masker: Masker, tokens: readonly string[]): number {
  const counts: number[] = [];
  for (let from = 0; from + 60 < tokens.length; from += 60) {
    const stream = masker.openStream();
    let count = 1;
    while (count < 60 && stream.push(tokens[from + count - 1]!) === '') count++;
    counts.push(count);
  }
  counts.sort((a, b) => a - b);
  return counts[Math.floor(counts.length / 2)] ?? 0;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(2)} %`;
}
