import { createHash } from 'node:crypto';
import { canonicalJson, MaskingProfile, type MaskingRule, type MaskingWordList } from '#contracts';
import { type CharSet, DIGIT, WORD_WIDE } from './automaton/char-set.ts';
import { literalPattern, type Pattern } from './automaton/parse-pattern.ts';
import { trieOf } from './automaton/trie.ts';
import { validatorOf } from './checks/validators.ts';
import { AllowList } from './detecting/allow-list.ts';
import { buildTables, Detector } from './detecting/detector.ts';
import { Judge } from './detecting/judge.ts';
import { packTables } from './detecting/packed-tables.ts';
import { fingerprintOf } from './detecting/prepared.ts';
import type { DetectorRule } from './detecting/rule.ts';
import type { DetectorTables, PackedTables } from './detecting/tables.ts';
import { RedactionError } from './errors.ts';
import { SEALED_PATTERN, SEALED_START } from './operators/encrypt.ts';
import { PHONE } from './packs/core.ts';
import { rulesOf } from './packs/index.ts';
import { PLACEHOLDER_PATTERN } from './placeholders/placeholder.ts';
import { Scanner } from './scanning/scanner.ts';

/** Everything of a profile that depends on its text alone; shared by all scopes and keys. */
export interface CompiledProfile {
  readonly digest: string;
  readonly detector: Detector;
  readonly allow: AllowList;
  readonly thresholdOf: (entity: string) => number;
}

const MAX_REMEMBERED = 32;
const byDigest = new Map<string, CompiledProfile>();
const byObject = new WeakMap<MaskingProfile, CompiledProfile>();

/** Compiles a profile, or finds it by its digest. Throws RedactionError. */
export function compileProfile(profile: MaskingProfile): CompiledProfile {
  const seen = byObject.get(profile);
  if (seen) return seen;
  const digest = digestOf(profile);
  return remember(profile, byDigest.get(digest) ?? build(profile, digest));
}

/** A profile's tables, made in one thread to be adopted in another. */
export interface ProfileTables {
  /** SHA-256 of the profile, hex. */
  readonly digest: string;
  readonly detector: DetectorTables;
  readonly allow: DetectorTables | undefined;
}

/** Compiles a profile and tries its examples. The result is plain data. Throws RedactionError. */
export function compileTables(profile: MaskingProfile): ProfileTables {
  const { digest, detector, allow } = compileProfile(profile);
  return { digest, detector: detector.tables, allow: allow.tables };
}

/** Takes tables that were made elsewhere, so that masking with the profile compiles nothing here. */
export function adoptTables(profile: MaskingProfile, tables: ProfileTables): void {
  const { digest } = tables;
  if (digest !== digestOf(profile)) throw new RangeError('these are the tables of another profile');
  remember(profile, byDigest.get(digest) ?? assemble(profile, digest, tables));
}

/** The tables of the default packs, made anew: what `npm run generate` writes to `packs/default-tables.ts`. */
export function packDefaultTables(): PackedTables {
  const rules = rulesFor(MaskingProfile.parse({}));
  return { fingerprint: fingerprintOf(rules)!, ...packTables(buildTables(rules)) };
}

/** Whether compiling would take time that the profile's author decides on: own rules and words not compiled yet. */
export function needsCompiling(profile: MaskingProfile): boolean {
  const isOwn = profile.rules.length > 0 || profile.wordLists.length > 0 || profile.allow.patterns.length > 0;
  return isOwn && !byObject.has(profile) && !byDigest.has(digestOf(profile));
}

function digestOf(profile: MaskingProfile): string {
  return createHash('sha256').update(canonicalJson(profile)).digest('hex');
}

function remember(profile: MaskingProfile, compiled: CompiledProfile): CompiledProfile {
  const { digest } = compiled;
  byObject.set(profile, compiled);
  byDigest.delete(digest);
  byDigest.set(digest, compiled);
  if (byDigest.size > MAX_REMEMBERED) byDigest.delete(byDigest.keys().next().value!);
  return compiled;
}

function build(profile: MaskingProfile, digest: string): CompiledProfile {
  const compiled = assemble(profile, digest, undefined);
  for (const rule of profile.rules) runExamples(rule, compiled);
  return compiled;
}

function assemble(
  profile: MaskingProfile,
  digest: string,
  tables: Omit<ProfileTables, 'digest'> | undefined,
): CompiledProfile {
  const { threshold } = profile.defaults;
  return {
    digest,
    detector: new Detector(rulesFor(profile), tables?.detector),
    allow: new AllowList(profile.allow, tables?.allow),
    thresholdOf: (entity) => profile.entities[entity]?.threshold ?? threshold,
  };
}

function rulesFor(profile: MaskingProfile): DetectorRule[] {
  return [
    GUARD,
    CONTINUED,
    ...rulesOf(profile.packs, profile.phoneRegions).filter(
      (rule) => profile.entities[rule.entity]?.enabled !== false,
    ),
    ...profile.rules.map((rule) => ownRule(rule, profile.phoneRegions)),
    ...profile.wordLists.map(wordListRule),
  ];
}

/** Placeholders of an earlier pass go through untouched, so masking twice is masking once. */
const GUARD: DetectorRule = {
  id: 'placeholder',
  entity: 'PLACEHOLDER',
  pattern: `${PLACEHOLDER_PATTERN}|${SEALED_PATTERN}`,
  score: 1,
  guard: true,
};

/**
 * Digits that go on in what an earlier pass put there are a piece of the run that pass saw, and it has decided about them. As
 * many digits, and separators, as a phone number has.
 */
const CONTINUED: DetectorRule = {
  id: 'continued',
  entity: 'PLACEHOLDER',
  pattern: String.raw`[+(]?\d(?:[ \t./()-]{0,2}\d){6,16}[ \t./()-]{0,2}(?:${PLACEHOLDER_PATTERN}|${SEALED_START})`,
  left: PHONE.left,
  score: 1,
  continues: true,
};

const BOUNDARIES: Record<MaskingRule['boundary'], CharSet | undefined> = {
  word: WORD_WIDE,
  digit: DIGIT,
  none: undefined,
};

function ownRule(rule: MaskingRule, regions: readonly string[]): DetectorRule {
  const boundary = BOUNDARIES[rule.boundary];
  const check = rule.validator && validatorOf(rule.validator, regions);
  return {
    id: rule.id,
    entity: rule.entity,
    pattern: rule.pattern,
    ignoreCase: rule.ignoreCase,
    score: rule.score,
    maxLength: rule.maxLengthChars,
    context: rule.context.map((word) => word.toLowerCase()),
    ...(boundary && { left: boundary, right: boundary }),
    ...(check && { check }),
  };
}

function wordListRule(list: MaskingWordList): DetectorRule {
  // Only compiling asks for it: where tables are adopted, 50,000 words are not looked at again.
  const pattern = (): Pattern =>
    list.words.length === 1
      ? literalPattern(list.words[0]!, list.ignoreCase)
      : trieOf(list.words, list.ignoreCase);
  return {
    id: list.id,
    entity: list.entity,
    pattern,
    score: 1,
    ...(list.wholeWord && { left: WORD_WIDE, right: WORD_WIDE }),
  };
}

function runExamples(rule: MaskingRule, compiled: CompiledProfile): void {
  const threshold = compiled.thresholdOf(rule.entity);
  const matches = (text: string) => {
    let found = false;
    const judge = new Judge(compiled.detector, { thresholdOf: () => threshold, allow: compiled.allow });
    const sink = {
      text: () => {},
      swallowed: () => {},
      region: (region: { members: readonly { rule: string }[] }) => {
        found ||= region.members.some((member) => member.rule === rule.id);
      },
    };
    const scanner = new Scanner(compiled.detector, judge, sink, { holdChars: 512, armourChars: 1_024 });
    scanner.push(text);
    scanner.end();
    return found;
  };
  const missed = rule.examples.match.findIndex((example) => !matches(example));
  if (missed >= 0) fail(rule.id, `examples.match[${missed}] is not found`);
  const hit = rule.examples.noMatch.findIndex(matches);
  if (hit >= 0) fail(rule.id, `examples.noMatch[${hit}] is found`);
}

function fail(rule: string, why: string): never {
  throw new RedactionError('redaction.example_failed', `rule ${rule}: ${why}`);
}
