/** What a JSON text is made of, in order. */
export interface JsonSink {
  /** Brackets, commas, colons, white space and the words true, false, null. */
  structure(text: string): void;
  stringStart(path: readonly string[], isKey: boolean): void;
  stringPart(decoded: string): void;
  stringEnd(): void;
  number(text: string, path: readonly string[]): void;
  /** From the first character that JSON does not allow here, everything. */
  broken(text: string): void;
  brokenEnd(): void;
}

const WORDS = ['true', 'false', 'null'] as const;
const MAX_DEPTH = 200;
const MAX_NUMBER_CHARS = 400;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

interface Level {
  readonly kind: 'object' | 'array';
  index: number;
  expectsKey: boolean;
}

type Mode = 'structure' | 'string' | 'number' | 'broken';

/** Reads JSON that arrives in pieces (RFC 8259), no further than to tell strings and numbers from the rest. */
export class JsonReader {
  private mode: Mode = 'structure';
  private held = '';
  private isKey = false;
  private key = '';
  /** A value (or a key) has ended: what comes must separate. */
  private afterValue = false;
  private afterKey = false;
  /** Directly after an opening bracket. */
  private mayBeEmpty = false;
  private readonly levels: Level[] = [];
  private readonly path: string[] = [];

  constructor(private readonly sink: JsonSink) {}

  push(chunk: string): void {
    this.read(this.held + chunk, false);
  }

  end(): void {
    this.read(this.held, true);
    if (this.mode === 'string') this.sink.stringEnd();
    this.sink.brokenEnd();
  }

  private read(text: string, final: boolean): void {
    this.held = '';
    let at = 0;
    while (at < text.length) {
      const next = this.step(text, at, final);
      if (next === at) {
        this.held = text.slice(at);
        return;
      }
      at = next;
    }
  }

  /** Reads something and returns where it ended; the same place when more is needed. */
  private step(text: string, at: number, final: boolean): number {
    switch (this.mode) {
      case 'structure':
        return this.structure(text, at, final);
      case 'string':
        return this.string(text, at, final);
      case 'number':
        return this.number(text, at, final);
      case 'broken':
        this.sink.broken(text.slice(at));
        return text.length;
      default:
        return this.mode satisfies never;
    }
  }

  private structure(text: string, at: number, final: boolean): number {
    const c = text[at]!;
    if (/[ \t\r\n]/.test(c)) return this.pass(c, at);
    const separates = c === ',' || c === '}' || c === ']';
    if (separates !== this.afterValue && !(separates && this.mayBeEmpty)) return this.colonOrBreak(text, at);
    if (separates) return this.separator(text, at);
    if (c === '"') return this.openString(at);
    if (this.levels.at(-1)?.expectsKey) return this.breakOff(text, at);
    if (c === '{' || c === '[') {
      if (this.levels.length >= MAX_DEPTH) return this.breakOff(text, at);
      return this.pass(c, at);
    }
    // A bare number or word at the top is no argument object; as plain text it is masked together with what follows.
    if (this.levels.length === 0) return this.breakOff(text, at);
    if (/[-0-9]/.test(c)) {
      this.mode = 'number';
      return this.number(text, at, final);
    }
    return this.word(text, at, final);
  }

  /** A colon is expected after a key and nowhere else. */
  private colonOrBreak(text: string, at: number): number {
    if (text[at] !== ':' || !this.afterKey) return this.breakOff(text, at);
    this.afterKey = false;
    this.afterValue = false;
    return this.pass(':', at);
  }

  private separator(text: string, at: number): number {
    const c = text[at]!;
    const level = this.levels.at(-1);
    const closes = level && (c === ',' || c === (level.kind === 'object' ? '}' : ']'));
    if (!closes || this.afterKey) return this.breakOff(text, at);
    return this.pass(c, at);
  }

  private pass(c: string, at: number): number {
    this.sink.structure(c);
    this.move(c);
    return at + 1;
  }

  private word(text: string, at: number, final: boolean): number {
    const word = WORDS.find((candidate) => text.startsWith(candidate, at));
    if (word) {
      this.sink.structure(word);
      this.valueEnded();
      return at + word.length;
    }
    const rest = text.slice(at);
    return !final && WORDS.some((candidate) => candidate.startsWith(rest)) ? at : this.breakOff(text, at);
  }

  private valueEnded(): void {
    this.afterValue = true;
    this.mayBeEmpty = false;
  }

  private move(c: string): void {
    const level = this.levels.at(-1);
    if (c === '{') this.open('object');
    else if (c === '[') this.open('array');
    else if (c === '}' || c === ']') {
      this.levels.pop();
      this.path.pop();
      this.valueEnded();
    } else if (c === ',' && level) {
      this.afterValue = false;
      level.index++;
      level.expectsKey = level.kind === 'object';
      if (level.kind === 'array') this.path[this.path.length - 1] = String(level.index);
    } else if (c === ':' && level) level.expectsKey = false;
  }

  private open(kind: 'object' | 'array'): void {
    this.levels.push({ kind, index: 0, expectsKey: kind === 'object' });
    this.path.push(kind === 'array' ? '0' : '');
    this.afterValue = false;
    this.mayBeEmpty = true;
  }

  private openString(at: number): number {
    this.isKey = this.levels.at(-1)?.expectsKey === true;
    this.key = '';
    this.mode = 'string';
    this.sink.stringStart([...this.path], this.isKey);
    return at + 1;
  }

  private string(text: string, at: number, final: boolean): number {
    let decoded = '';
    let k = at;
    while (k < text.length && text[k] !== '"') {
      if (text[k] !== '\\') {
        decoded += text[k++];
        continue;
      }
      const unit = readEscape(text, k);
      if (!unit) break;
      decoded += unit.decoded;
      k = unit.end;
    }
    if (final && k < text.length && text[k] === '\\') k = text.length;
    this.part(decoded);
    if (text[k] !== '"') return k;
    this.closeString();
    return k + 1;
  }

  private part(decoded: string): void {
    if (decoded === '') return;
    if (this.isKey) this.key = (this.key + decoded).slice(0, 200);
    this.sink.stringPart(decoded);
  }

  private closeString(): void {
    this.sink.stringEnd();
    this.mode = 'structure';
    this.afterKey = this.isKey;
    this.valueEnded();
    if (this.isKey) this.path[this.path.length - 1] = this.key;
  }

  private number(text: string, at: number, final: boolean): number {
    let k = at;
    while (k < text.length && k - at < MAX_NUMBER_CHARS && /[-+0-9.eE]/.test(text[k]!)) k++;
    if (k === text.length && !final && k - at < MAX_NUMBER_CHARS) return at;
    this.mode = 'structure';
    this.sink.number(text.slice(at, k), this.path);
    this.valueEnded();
    return k;
  }

  private breakOff(text: string, at: number): number {
    this.mode = 'broken';
    this.sink.broken(text.slice(at));
    return text.length;
  }
}

function readEscape(text: string, at: number): { decoded: string; end: number } | undefined {
  const c = text[at + 1];
  if (c === undefined) return undefined;
  if (c !== 'u') return { decoded: ESCAPES[c] ?? c, end: at + 2 };
  const digits = text.slice(at + 2, at + 6);
  if (digits.length < 4) return undefined;
  const unit = Number.parseInt(digits, 16);
  return { decoded: Number.isNaN(unit) ? '\ufffd' : String.fromCharCode(unit), end: at + 6 };
}
