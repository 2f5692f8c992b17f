import type { ContainerAt, JsonDocument, JsonFault, JsonFaultCode, StringAt } from './document.ts';
import { type Json, type JsonObject, pointerToken } from './json.ts';
import { checkString, holdsNumber, SeenKeys } from './strict.ts';

/** How a text is read. */
interface ParseOptions {
  /** Refuse what two parsers could read differently: see `request.*` codes in request/refusal.ts. */
  readonly strict: boolean;
  /** Objects and arrays inside each other, at most. */
  readonly maxDepth: number;
  /** Member names that are vocabulary, not text: they are not listed among the strings. */
  readonly knownKeys: ReadonlySet<string>;
}

/** The nesting that requests, answers and stream events may have. */
export const maxDepth = 64;

/** Reads one JSON text (RFC 8259). Linear in its length. */
export function parseJson(source: string, options: ParseOptions): JsonDocument | JsonFault {
  const parser = new Parser(source, options);
  try {
    const value = parser.document();
    return { source, value, strings: parser.strings, containers: parser.containers };
  } catch (fault) {
    if (fault instanceof Stop) return fault.fault;
    throw fault;
  }
}

/** Whether parsing failed. */
export function isFault(result: JsonDocument | JsonFault): result is JsonFault {
  return 'code' in result;
}

/** Leaves the recursion with a fault. */
class Stop extends Error {
  constructor(readonly fault: JsonFault) {
    super(fault.code);
  }
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const control = /[\u0000-\u001f]/;

class Parser {
  readonly strings: StringAt[] = [];
  readonly containers: ContainerAt[] = [];
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly options: ParseOptions,
  ) {}

  document(): Json {
    this.space();
    const value = this.value('', 0);
    this.space();
    if (this.at < this.source.length) this.stop('trailing_data', '');
    return value;
  }

  private value(pointer: string, depth: number): Json {
    const code = this.source.charCodeAt(this.at);
    if (code === 0x22) {
      const start = this.at;
      const text = this.string(pointer);
      this.strings.push({ pointer, text, start, end: this.at, key: false });
      return text;
    }
    if (code === 0x7b) return this.object(pointer, depth);
    if (code === 0x5b) return this.array(pointer, depth);
    if (code === 0x74) return this.word('true', true, pointer);
    if (code === 0x66) return this.word('false', false, pointer);
    if (code === 0x6e) return this.word('null', null, pointer);
    return this.number(pointer);
  }

  private object(pointer: string, depth: number): JsonObject {
    if (depth >= this.options.maxDepth) this.stop('too_deep', pointer);
    const start = this.at++;
    const value: JsonObject = {};
    const seen = this.options.strict ? new SeenKeys() : undefined;
    this.space();
    if (!this.take(0x7d)) {
      do {
        this.space();
        this.member(value, seen, pointer, depth);
        this.space();
      } while (this.take(0x2c));
      if (!this.take(0x7d)) this.stop('invalid_json', pointer);
    }
    this.containers.push({ pointer, depth, start, end: this.at });
    return value;
  }

  private member(value: JsonObject, seen: SeenKeys | undefined, parent: string, depth: number): void {
    const start = this.at;
    if (this.source.charCodeAt(start) !== 0x22) this.stop('invalid_json', parent);
    const key = this.string(parent);
    const pointer = `${parent}/${pointerToken(key)}`;
    if (seen !== undefined && !seen.add(key)) this.stop('ambiguous_key', pointer);
    if (!this.options.knownKeys.has(key)) {
      this.strings.push({ pointer, text: key, start, end: this.at, key: true });
    }
    this.space();
    if (!this.take(0x3a)) this.stop('invalid_json', pointer);
    this.space();
    const member = this.value(pointer, depth + 1);
    if (key === '__proto__') {
      Object.defineProperty(value, key, {
        value: member,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else value[key] = member;
  }

  private array(pointer: string, depth: number): Json[] {
    if (depth >= this.options.maxDepth) this.stop('too_deep', pointer);
    const start = this.at++;
    const value: Json[] = [];
    this.space();
    if (!this.take(0x5d)) {
      do {
        this.space();
        const code = this.source.charCodeAt(this.at);
        // A number needs no pointer of its own: token-id arrays stay cheap.
        const isNumber = code === 0x2d || (code >= 0x30 && code <= 0x39);
        value.push(isNumber ? this.number(pointer) : this.value(`${pointer}/${value.length}`, depth + 1));
        this.space();
      } while (this.take(0x2c));
      if (!this.take(0x5d)) this.stop('invalid_json', pointer);
    }
    this.containers.push({ pointer, depth, start, end: this.at });
    return value;
  }

  private string(pointer: string): string {
    const start = this.at;
    let close = this.source.indexOf('"', start + 1);
    while (close !== -1 && this.isEscaped(close, start)) close = this.source.indexOf('"', close + 1);
    if (close === -1) this.stop('invalid_json', pointer);
    this.at = close + 1;
    const raw = this.source.slice(start + 1, close);
    if (!raw.includes('\\')) {
      if (control.test(raw)) this.stop('invalid_json', pointer);
      return raw;
    }
    const text = checkString(this.source.slice(start, close + 1), this.options.strict);
    if (text === 'invalid') this.stop('invalid_json', pointer);
    if (text === 'lone') this.stop('lone_surrogate', pointer);
    return text.value;
  }

  private isEscaped(quote: number, start: number): boolean {
    let slashes = 0;
    for (let i = quote - 1; i > start && this.source.charCodeAt(i) === 0x5c; i -= 1) slashes += 1;
    return slashes % 2 === 1;
  }

  private number(pointer: string): number {
    number.lastIndex = this.at;
    const match = number.exec(this.source);
    if (match === null) this.stop('invalid_json', pointer);
    const literal = match[0];
    if (this.options.strict && !holdsNumber(literal)) this.stop('number_out_of_range', pointer);
    this.at += literal.length;
    return Number(literal);
  }

  private word<T extends Json>(word: string, value: T, pointer: string): T {
    if (!this.source.startsWith(word, this.at)) this.stop('invalid_json', pointer);
    this.at += word.length;
    return value;
  }

  private take(code: number): boolean {
    if (this.source.charCodeAt(this.at) !== code) return false;
    this.at += 1;
    return true;
  }

  private space(): void {
    for (;;) {
      const code = this.source.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  private stop(code: JsonFaultCode, pointer: string): never {
    throw new Stop({ code, offset: this.at, pointer });
  }
}
