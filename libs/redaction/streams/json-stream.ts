import type { MaskingProfile } from '#contracts';
import { RedactionError } from '../errors.ts';
import type { Finding } from '../span.ts';
import { MAX_FIELD_CHARS, type StandIn } from './field-stream.ts';
import { JsonReader, type JsonSink } from './json-reader.ts';
import type { MaskStream, StreamOptions } from './mask-stream.ts';

/** Strings at this path are masked entirely, whatever they hold. */
export interface FieldRule {
  readonly path: readonly string[];
  readonly entity: string;
}

export function fieldRules(profile: MaskingProfile): FieldRule[] {
  return profile.fields.map((field) => ({ path: field.path.split('.'), entity: field.entity }));
}

/** What a JSON stream needs of its masker. */
export interface JsonOwner {
  openStream(options?: StreamOptions): MaskStream;
  readonly standIn: StandIn;
}

/**
 * Masks the strings and numbers of JSON text that arrives in pieces; what is emitted stays JSON. A key counts as
 * context of its value. A masked number becomes a string, or 0 where numbers stay. Findings' offsets count within the decoded string.
 */
export class JsonMaskStream implements MaskStream, JsonSink {
  readonly findings: Finding[] = [];
  blocked = false;
  private out: string[] = [];
  private inner: MaskStream | undefined;
  private field: { rule: FieldRule; value: string } | undefined;
  private ended = false;
  private readonly reader = new JsonReader(this);

  constructor(
    private readonly owner: JsonOwner,
    private readonly fields: readonly FieldRule[],
    private readonly shadow: boolean,
    private readonly numbersStay = false,
  ) {}

  get heldChars(): number {
    return this.inner?.heldChars ?? this.field?.value.length ?? 0;
  }

  push(chunk: string): string {
    return this.guarded(() => this.reader.push(chunk));
  }

  end(): string {
    const rest = this.guarded(() => this.reader.end());
    this.ended = true;
    return rest;
  }

  structure(text: string): void {
    this.out.push(text);
  }

  stringStart(path: readonly string[], isKey: boolean): void {
    this.out.push('"');
    const rule = isKey || this.shadow ? undefined : this.fields.find((field) => covers(field.path, path));
    if (rule) this.field = { rule, value: '' };
    else this.inner = this.owner.openStream(isKey ? {} : { before: contextOf(path) });
  }

  stringPart(decoded: string): void {
    if (this.field) this.field.value += decoded.slice(0, MAX_FIELD_CHARS - this.field.value.length);
    else this.emit(this.inner!.push(decoded));
  }

  stringEnd(): void {
    if (this.field) this.closeField(this.field.rule, this.field.value);
    else this.closeInner();
    this.field = undefined;
    this.inner = undefined;
    this.out.push('"');
  }

  number(text: string, path: readonly string[]): void {
    const inner = this.owner.openStream({ before: contextOf(path) });
    const masked = inner.push(text) + inner.end();
    this.take(inner);
    this.out.push(masked === text ? text : this.written(masked));
  }

  private written(masked: string): string {
    if (!this.numbersStay) return JSON.stringify(masked);
    return NUMBER.test(masked) ? masked : '0';
  }

  /** The rest is not JSON: it is masked as plain text. */
  broken(text: string): void {
    this.inner ??= this.owner.openStream();
    this.out.push(this.inner.push(text));
  }

  brokenEnd(): void {
    if (!this.inner) return;
    this.out.push(this.inner.end());
    this.take(this.inner);
  }

  private closeInner(): void {
    this.emit(this.inner!.end());
    this.take(this.inner!);
  }

  private closeField(rule: FieldRule, value: string): void {
    if (value === '') return;
    const { text, operator } = this.owner.standIn(rule.entity, value);
    this.findings.push({
      start: 0,
      end: value.length,
      entity: rule.entity,
      rule: 'field',
      score: 1,
      operator,
    });
    if (text === undefined) this.blocked = true;
    else this.emit(text);
  }

  private take(inner: MaskStream): void {
    this.findings.push(...inner.findings);
    this.blocked ||= inner.blocked;
  }

  private emit(text: string): void {
    this.blocked ||= this.inner?.blocked ?? false;
    this.out.push(JSON.stringify(text).slice(1, -1));
  }

  private guarded(step: () => void): string {
    if (this.ended) throw new RedactionError('redaction.stream_ended', 'the stream was ended before');
    if (this.blocked) return '';
    try {
      step();
    } catch {
      this.blocked = true;
    }
    const emitted = this.blocked ? '' : this.out.join('');
    this.out = [];
    return emitted;
  }
}

/** RFC 8259, section 6. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a field's path names this place; `*` stands for any key or index. */
export function covers(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length && pattern.every((part, k) => part === '*' || part === path[k]);
}

function contextOf(path: readonly string[]): string {
  const name = path.findLast((part) => !/^\d+$/.test(part));
  return name === undefined ? '' : `"${name}": "`;
}
