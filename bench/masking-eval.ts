import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { compileMasker } from '#redaction';
import { narrowed } from '../cli/mask.ts';

const Labelled = z.object({
  text: z.string(),
  spans: z.array(z.object({ start: z.number().int(), end: z.number().int(), entity: z.string() })),
});

interface EvalOptions {
  readonly profile?: string;
  readonly packs?: string;
  readonly threshold?: string;
  readonly names?: string;
}

interface Tally {
  expected: number;
  found: number;
  reported: number;
  right: number;
}

/**
 * `npm run eval -- masking FILE.jsonl [--profile P] [--packs all] [--threshold 0.5] [--names standard]`: recall and
 * precision by type for a labelled file, one `{"text","spans":[{"start","end","entity"}]}` a line. A span counts as found
 * when spans of its type overlap it. The last row counts characters, whatever their type.
 */
async function evaluate(file: string, options: EvalOptions): Promise<void> {
  const profile = narrowed(options.profile ? parse(await readFile(options.profile, 'utf8')) : {}, options);
  const masker = compileMasker(profile, { key: new Uint8Array(32), scope: 'eval' });
  const tallies = new Map<string, Tally>();
  const characters = { masked: 0, labelled: 0, both: 0 };
  const tally = (entity: string) => {
    const known = tallies.get(entity) ?? { expected: 0, found: 0, reported: 0, right: 0 };
    tallies.set(entity, known);
    return known;
  };
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    if (line.trim() === '') continue;
    const { text, spans } = Labelled.parse(JSON.parse(line));
    const reported = masker.findSpans(text);
    count(characters, text.length, spans, reported);
    for (const span of spans) {
      tally(span.entity).expected++;
      if (reported.some((other) => overlaps(span, other))) tally(span.entity).found++;
    }
    for (const span of reported) {
      tally(span.entity).reported++;
      if (spans.some((other) => overlaps(span, other))) tally(span.entity).right++;
    }
  }
  print(tallies);
  const { masked, labelled, both } = characters;
  const [p, r] = [both / masked, both / labelled];
  const f2 = both === 0 ? 0 : (5 * p * r) / (4 * p + r);
  console.log(
    `characters, any type: recall ${share(both, labelled)}, precision ${share(both, masked)}, F2 ${f2.toFixed(3)}`,
  );
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly entity: string;
}

/** Adds up the characters that are labelled, reported, and both. */
function count(
  totals: { masked: number; labelled: number; both: number },
  length: number,
  spans: readonly Pick<Place, 'start' | 'end'>[],
  reported: readonly Pick<Place, 'start' | 'end'>[],
): void {
  const [wanted, got] = [new Uint8Array(length), new Uint8Array(length)];
  for (const { start, end } of spans) wanted.fill(1, start, end);
  for (const { start, end } of reported) got.fill(1, start, end);
  for (let k = 0; k < length; k++) {
    totals.labelled += wanted[k]!;
    totals.masked += got[k]!;
    totals.both += wanted[k]! & got[k]!;
  }
}

function overlaps(a: Place, b: Place): boolean {
  return a.entity === b.entity && a.start < b.end && b.start < a.end;
}

function print(tallies: ReadonlyMap<string, Tally>): void {
  console.log(`${'type'.padEnd(28)} expected   recall  reported precision`);
  for (const [entity, { expected, found, reported, right }] of [...tallies].sort()) {
    const cells = [String(expected), share(found, expected), String(reported), share(right, reported)];
    console.log(entity.padEnd(28) + cells.map((cell) => cell.padStart(9)).join(' '));
  }
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string' },
    packs: { type: 'string' },
    threshold: { type: 'string' },
    names: { type: 'string' },
  },
});
const [what, file] = positionals;
if (what !== 'masking' || !file) {
  console.error(
    'npm run eval -- masking FILE.jsonl [--profile P] [--packs all] [--threshold 0.5] [--names standard]',
  );
  process.exit(2);
}
await evaluate(file, values);
