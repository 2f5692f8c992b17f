import type { MaskingProfile, MaskOperator } from '#contracts';
import { type CompiledProfile, compileProfile } from './compile.ts';
import { Judge } from './detecting/judge.ts';
import { normalise } from './detecting/normalise.ts';
import { RedactionError } from './errors.ts';
import { NamedScanner } from './names/named-scanner.ts';
import { applyOperator } from './operators/apply.ts';
import { PlaceholderIssuer } from './placeholders/placeholder.ts';
import type { Region, ScanSink, TextScanner } from './scanning/scan-sink.ts';
import { Scanner } from './scanning/scanner.ts';
import type { Finding, Span, Trial } from './span.ts';
import { FieldStream } from './streams/field-stream.ts';
import { type FindGiven, GivenStream } from './streams/given.ts';
import { covers, type FieldRule, fieldRules, JsonMaskStream } from './streams/json-stream.ts';
import type { MaskStream, StreamOptions } from './streams/mask-stream.ts';
import { extendLast, ScannedStream } from './streams/scanned-stream.ts';

export interface MaskerOptions {
  /** Keys placeholders and hashes; at least 16 bytes. */
  readonly key: Uint8Array;
  /** Placeholders are the same within a scope (a conversation, say) and different in any other. */
  readonly scope: string;
  /** Which text this is; entities with another `where` are left alone. Both by default. */
  readonly direction?: 'request' | 'answer';
  /** What stands for values already, by stand-in: a model repeats a pseudonym of its prompt, and it goes through as it is. */
  readonly passing?: ReadonlyMap<string, string>;
  /** Asked about every text; a text it doesn't know is blocked. Texts are then emitted whole, at their end. */
  readonly given?: FindGiven;
  /** Hears of each candidate and why it was kept or dropped. */
  readonly trace?: (trial: Trial) => void;
}

export interface JsonStreamOptions extends Pick<StreamOptions, 'restorable'> {
  /** A masked number stays a number (0 unless its operator gives one) instead of becoming a string. */
  readonly numbersStay?: boolean;
}

export interface MaskResult {
  /** Empty when blocked. */
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly blocked: boolean;
}

/** A profile ready to mask for one scope. Cheap: the tables are shared by all maskers of the profile. */
export interface Masker {
  /** SHA-256 of the profile, hex. */
  readonly digest: string;
  /** Original text by placeholder issued so far in restorable texts: what a vault keeps for restoring. */
  readonly issued: ReadonlyMap<string, string>;
  maskText(text: string): MaskResult;
  openStream(options?: StreamOptions): MaskStream;
  /** For JSON text in pieces, such as the arguments of a tool call: strings are decoded, masked and encoded again. */
  openJsonStream(options?: JsonStreamOptions): MaskStream;
  /** For the string at a path of a JSON body: the stream that masks it entirely, where the profile names such a field. */
  openFieldStream(
    path: readonly string[],
    options?: Pick<StreamOptions, 'restorable'>,
  ): MaskStream | undefined;
  /** Where entities stand, whatever their operator; overlapping ones of different entities are all named. */
  findSpans(text: string): Span[];
}

const MIN_KEY_BYTES = 16;

/** Compiles a profile (once per digest) for a scope. Throws RedactionError with a code and a message safe to show. */
export function compileMasker(profile: MaskingProfile, options: MaskerOptions): Masker {
  if (options.key.length < MIN_KEY_BYTES) {
    throw new RedactionError('redaction.bad_key', `the masking key needs at least ${MIN_KEY_BYTES} bytes`);
  }
  return new ProfileMasker(profile, compileProfile(profile), options);
}

class ProfileMasker implements Masker {
  private readonly placeholders: PlaceholderIssuer;
  private readonly judge: Judge;
  private readonly operators = new Map<string, MaskOperator>();
  private readonly fields: readonly FieldRule[];
  private readonly fieldOperators = new Map<string, MaskOperator>();

  constructor(
    private readonly profile: MaskingProfile,
    private readonly compiled: CompiledProfile,
    private readonly options: MaskerOptions,
  ) {
    this.fields = fieldRules(profile);
    for (const field of profile.fields)
      if (field.operator) this.fieldOperators.set(field.entity, field.operator);
    this.placeholders = new PlaceholderIssuer(options.key, options.scope);
    this.judge = new Judge(compiled.detector, {
      thresholdOf: (entity) => (this.applies(entity) ? compiled.thresholdOf(entity) : Infinity),
      allow: { allows: (entity, value) => this.isAllowed(entity, value) },
      ...(options.trace && { trace: options.trace }),
    });
  }

  get digest(): string {
    return this.compiled.digest;
  }

  get issued(): ReadonlyMap<string, string> {
    return this.placeholders.issued;
  }

  maskText(text: string): MaskResult {
    const stream = this.openStream();
    const masked = stream.push(text) + stream.end();
    return { text: stream.blocked ? '' : masked, findings: stream.findings, blocked: stream.blocked };
  }

  openStream(options: StreamOptions = {}): MaskStream {
    const { given: find } = this.options;
    if (!find) return this.scan(options);
    return new GivenStream(find, (given, text) =>
      this.scan({ ...options, given: this.counted(given, text) }),
    );
  }

  openJsonStream({ restorable = true, numbersStay = false }: JsonStreamOptions = {}): MaskStream {
    const owner = {
      openStream: (options?: StreamOptions) => this.openStream({ ...options, restorable }),
      standIn: (entity: string, value: string) => this.standIn(entity, value, restorable),
    };
    return new JsonMaskStream(owner, this.fields, this.profile.mode === 'shadow', numbersStay);
  }

  openFieldStream(
    path: readonly string[],
    { restorable = true }: Pick<StreamOptions, 'restorable'> = {},
  ): MaskStream | undefined {
    if (this.profile.mode === 'shadow') return undefined;
    const rule = this.fields.find((field) => covers(field.path, path));
    const standIn = (entity: string, value: string) => this.standIn(entity, value, restorable);
    return rule && new FieldStream(rule.entity, standIn);
  }

  findSpans(text: string): Span[] {
    const spans: Span[] = [];
    const scanner = this.scanner({
      text: () => {},
      region: (region, _value, offset) => collectSpans(spans, region, offset),
      swallowed: (count) => extendLast(spans, count),
    });
    scanner.push(text);
    scanner.end();
    return spans;
  }

  operatorOf(entity: string): MaskOperator {
    const known = this.operators.get(entity);
    if (known) return known;
    const operator = this.profile.entities[entity]?.operator ?? this.profile.defaults.operator;
    this.operators.set(entity, operator);
    return operator;
  }

  apply(operator: MaskOperator, entity: string, value: string, restorable: boolean): string | undefined {
    const { key, scope } = this.options;
    return applyOperator(operator, entity, value, {
      key,
      scope,
      placeholders: this.placeholders,
      restorable,
    });
  }

  private scan(options: StreamOptions): MaskStream {
    return new ScannedStream(this.profile, (sink) => this.scanner(sink), this, options);
  }

  /** Those that the profile's thresholds, switches and exceptions let count. */
  private counted(given: readonly Span[], text: string): Span[] {
    return given.filter(
      ({ entity, score, start, end }) =>
        this.applies(entity) &&
        this.profile.entities[entity]?.enabled !== false &&
        score >= this.compiled.thresholdOf(entity) &&
        !this.isAllowed(entity, normalise(text.slice(start, end)).text),
    );
  }

  private standIn(entity: string, value: string, restorable: boolean) {
    const operator = this.fieldOperators.get(entity) ?? this.operatorOf(entity);
    return { text: this.apply(operator, entity, value, restorable), operator: operator.kind };
  }

  private scanner(sink: ScanSink): TextScanner {
    const { names, languages, streaming } = this.profile;
    const patterns = (to: ScanSink, holdChars: number) =>
      new Scanner(this.compiled.detector, this.judge, to, { ...streaming, holdChars });
    if (names === 'off') return patterns(sink, streaming.holdChars);
    return new NamedScanner(sink, patterns, {
      highRecall: names === 'high-recall',
      languages,
      holdChars: streaming.holdChars,
      judge: (entity, value, score, start) => this.judgeName(entity, value, score, start),
    });
  }

  /** Whether a name that was found is masked. */
  private judgeName(entity: string, value: string, score: number, start: number): boolean {
    if (this.profile.entities[entity]?.enabled === false || !this.applies(entity)) return false;
    const isAllowed = this.isAllowed(entity, normalise(value).text);
    const isEnough = score >= this.compiled.thresholdOf(entity);
    const outcome = !isEnough ? 'below threshold' : isAllowed ? 'allowed' : 'kept';
    this.options.trace?.({ start, end: start + value.length, entity, rule: 'names', score, outcome });
    return outcome === 'kept';
  }

  private isAllowed(entity: string, value: string): boolean {
    return this.options.passing?.has(value) === true || this.compiled.allow.allows(entity, value);
  }

  private applies(entity: string): boolean {
    const where = this.profile.entities[entity]?.where ?? this.profile.defaults.where;
    return where === 'both' || this.options.direction === undefined || where === this.options.direction;
  }
}

/** The strongest span of each entity in a region, in text order. */
function collectSpans(spans: Span[], region: Region, offset: number): void {
  const kept: Span[] = [];
  const ranked = [...region.members].sort((a, b) => b.score - a.score || b.end - b.start - (a.end - a.start));
  for (const { start, end, entity, score, rule } of ranked) {
    const span = { start: start + offset, end: end + offset, entity, score, rule };
    const covered = kept.some((k) => k.entity === entity && k.start < span.end && span.start < k.end);
    if (!covered) kept.push(span);
  }
  spans.push(...kept.sort((a, b) => a.start - b.start || b.score - a.score));
}
