import type { Masker } from '#redaction';
import { Chance } from '../../tools/chance.ts';
import { ASSIGNED, MARKED, SURROUNDED } from './secret-formats.ts';

/** How often each secret of a format is made anew for each way to write it. */
const ROUNDS = 2;
/** A rule counts where nearly all of its cases are found, each masked for the most part. */
const COVERED_SHARE = 0.95;
const MASKED_SHARE = 0.75;

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const CLASSES: Readonly<Record<string, string>> = {
  d: DIGITS,
  h: `${DIGITS}abcdef`,
  H: `${DIGITS}abcdefABCDEF`,
  l: LOWER + UPPER,
  L: `${UPPER}234567`,
  U: UPPER + DIGITS,
  a: LOWER + DIGITS,
  A: LOWER + UPPER + DIGITS,
  w: `${LOWER}${DIGITS}_-`,
  W: `${LOWER}${UPPER}${DIGITS}_-`,
  i: `${LOWER}${DIGITS}=_-`,
  I: `${LOWER}${UPPER}${DIGITS}=_-`,
  b: `${LOWER}${UPPER}${DIGITS}+/`,
  B: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
};

/** A value of a template, as `secret-formats.ts` explains them. */
export function fill(template: string, chance: Chance): string {
  return template
    .replaceAll('{uuid}', '{h8}-{h4}-{h4}-{h4}-{h12}')
    .replaceAll(/\{([A-Za-z])(\d+)\}/g, (_, letter: string, count: string) =>
      chance.string(CLASSES[letter]!, Number(count)),
    );
}

type Writing = (secret: string) => string;

const ALONE: readonly Writing[] = [
  (s) => s,
  (s) => `"${s}"`,
  (s) => `token = "${s}"`,
  (s) => `TOKEN=${s}\nDEBUG=1`,
  (s) => `key: ${s}`,
  (s) => `please use '${s}' for now`,
  (s) => `I set it to ${s} yesterday; it fails`,
];

type Assignment = (name: string, secret: string) => string;

/** The ways in which configuration formats, languages and build files give a name a value. */
const ASSIGNMENTS: readonly Assignment[] = [
  (n, s) => `${n}_api_token = "${s}"`,
  (n, s) => `${n}Token="${s}"`,
  (n, s) => `${n}Token = "${s}"`,
  (n, s) => `${n}Token=${s}`,
  (n, s) => `${n}Token = ${s}`,
  (n, s) => `{\n  "${n}_token": "${s}"\n}`,
  (n, s) => `\\{\n  \\"${n}_token\\": \\"${s}\\"\n\\}`,
  (n, s) => `<${n}Token>${s}</${n}Token>`,
  (n, s) => `<${n}Token>\n    ${s}\n</${n}Token>`,
  (n, s) => `${n}_token: ${s}`,
  (n, s) => `${n}_token: '${s}'`,
  (n, s) => `${n}_token: "${s}"`,
  (n, s) => `${n}_token: |\n  ${s}`,
  (n, s) => `${n}_token: >\n  ${s}`,
  (n, s) => `string ${n}Token = "${s}";`,
  (n, s) => `var ${n}Token string = "${s}"`,
  (n, s) => `${n}Token := "${s}"`,
  (n, s) => `${n}Token := \`${s}\``,
  (n, s) => `String ${n}Token = "${s}";`,
  (n, s) => `var ${n}Token = "${s}"`,
  (n, s) => `$${n}Token .= "${s}"`,
  (n, s) => `${n}Token = '${s}'`,
  (n, s) => `${n}Token,${s},`,
  (n, s) => `  "${n}Token" => "${s}"`,
  (n, s) => `${n}_TOKEN = "${s}"`,
  (n, s) => `${n}_TOKEN := "${s}"`,
  (n, s) => `${n}_TOKEN ::= "${s}"`,
  (n, s) => `${n}_TOKEN :::= "${s}"`,
  (n, s) => `${n}_TOKEN ?= "${s}"`,
  (n, s) => `${n}_TOKEN += "${s}"`,
  (n, s) => `export ${n.toUpperCase().replaceAll('-', '_')}_API_KEY=${s}`,
  (n, s) => `set${n}Key("${n}_key", "${s}")`,
];

interface Tally {
  found: number;
  tried: number;
  /** The first text of which the secret was missed, for whoever looks into it. */
  missed: string | undefined;
}

export interface SecretsResult {
  readonly cases: number;
  readonly found: number;
  readonly rules: number;
  readonly covered: number;
  /** Rules that don't count as covered, with a text in which one was missed. */
  readonly weak: ReadonlyArray<{ rule: string; share: number; missed: string }>;
}

/** How many secrets of how many rules are masked. Secrets are made anew from a seed; none is written down. */
export function measureSecrets(masker: Masker, seed = 20_261_122): SecretsResult {
  const chance = new Chance(seed);
  const tallies = new Map<string, Tally>();
  const look = (rule: string, text: string, secrets: readonly string[]) => {
    const tally = tallies.get(rule) ?? { found: 0, tried: 0, missed: undefined };
    tallies.set(rule, tally);
    tally.tried++;
    if (secrets.every((secret) => isMasked(masker, text, secret))) tally.found++;
    else tally.missed ??= text;
  };
  for (const [rule, ...templates] of MARKED) {
    for (const [template, write] of pairs(templates, ALONE)) {
      const { text, secrets } = marked(template, chance);
      look(rule, write(text), secrets);
    }
  }
  for (const [rule, names, ...templates] of ASSIGNED) {
    for (const [name, template] of pairs(names.split('|'), templates)) {
      for (const assign of ASSIGNMENTS) {
        const secret = fill(template, chance);
        look(rule, assign(name, secret), [secret]);
      }
    }
  }
  for (const [rule, ...templates] of SURROUNDED) {
    for (const [template] of pairs(templates, ALONE)) {
      const { text, secrets } = marked(template, chance);
      look(rule, text, secrets);
    }
  }
  return summary(tallies);
}

function* pairs<A, B>(left: readonly A[], right: readonly B[]): Generator<readonly [A, B]> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const a of left) for (const b of right) yield [a, b];
  }
}

/** The filled text without its marks, and what they mark: by default all of it. */
function marked(template: string, chance: Chance): { text: string; secrets: readonly string[] } {
  const filled = fill(template, chance);
  const secrets = [...filled.matchAll(/«([^»]*)»/g)].map(([, secret]) => secret!);
  const text = filled.replaceAll(/[«»]/g, '');
  return { text, secrets: secrets.length > 0 ? secrets : [text] };
}

function isMasked(masker: Masker, text: string, secret: string): boolean {
  const at = text.indexOf(secret);
  let hidden = 0;
  for (const { start, end } of masker.findSpans(text)) {
    hidden += Math.max(0, Math.min(end, at + secret.length) - Math.max(start, at));
  }
  return hidden >= secret.length * MASKED_SHARE;
}

function summary(tallies: ReadonlyMap<string, Tally>): SecretsResult {
  let cases = 0;
  let found = 0;
  const weak: Array<{ rule: string; share: number; missed: string }> = [];
  for (const [rule, tally] of tallies) {
    cases += tally.tried;
    found += tally.found;
    const share = tally.found / tally.tried;
    if (share < COVERED_SHARE) weak.push({ rule, share, missed: tally.missed ?? '' });
  }
  return { cases, found, rules: tallies.size, covered: tallies.size - weak.length, weak };
}
