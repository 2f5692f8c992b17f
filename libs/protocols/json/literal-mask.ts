import { type Mask, type OpenMask, WholePairs } from '../answer/mask.ts';

/** A stretch of a string literal: what it means and how the source spelled it. */
interface Stretch {
  text: string;
  readonly raw: string | undefined;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Masks the inside of one JSON string literal: decodes it, masks the text, encodes it again. Text that the mask
 * left alone keeps the source's spelling of escapes; from the first masked character on, escapes are written
 * as `JSON.stringify` writes them.
 */
export class LiteralMask {
  private readonly mask: Mask;
  private pending: Stretch[] = [];
  private next = 0;
  private faithful = true;
  private escape = '';

  constructor(openMask: OpenMask, place: string) {
    this.mask = new WholePairs(openMask(place));
  }

  /** Takes source characters up to the closing quote (not including it); returns decided source characters. */
  push(source: string): string {
    let decoded = '';
    for (let at = 0; at < source.length; ) {
      if (this.escape === '') {
        const slash = source.indexOf('\\', at);
        const stop = slash === -1 ? source.length : slash;
        if (stop > at) decoded += this.note(source.slice(at, stop), undefined);
        at = stop;
        const simple = slash === -1 ? undefined : escapes[source[slash + 1] ?? ''];
        if (simple !== undefined) {
          decoded += this.note(simple, source.slice(slash, slash + 2));
          at = slash + 2;
          continue;
        }
        if (slash === -1) break;
      }
      const char = source[at] ?? '';
      if (this.breaksEscape(char)) decoded += this.giveUpEscape();
      else {
        this.escape += char;
        at += 1;
        decoded += this.closeEscape();
      }
    }
    return decoded === '' ? '' : this.settle(this.mask.push(decoded));
  }

  /** The literal ends, by its closing quote or because the source did. */
  end(): string {
    const cut = this.escape;
    this.escape = '';
    return this.settle(this.mask.end()) + cut;
  }

  /** Whether the next source character is shielded by a backslash. */
  get afterBackslash(): boolean {
    return this.escape === '\\';
  }

  /** Whether `char` shows that what began with a backslash is no escape of JSON. */
  private breaksEscape(char: string): boolean {
    if (this.escape === '') return false;
    if (this.escape === '\\') return char !== 'u' && escapes[char] === undefined;
    return !/[0-9a-fA-F]/.test(char);
  }

  /** No escape after all: each of its characters stands for itself, however the text was cut. */
  private giveUpEscape(): string {
    const text = this.escape;
    this.escape = '';
    for (const char of text) this.note(char, undefined);
    return text;
  }

  private closeEscape(): string {
    const source = this.escape;
    if (source.length < 2) return '';
    const simple = escapes[source[1] ?? ''];
    if (simple !== undefined) return this.finish(simple);
    return source.length < 6 ? '' : this.finish(String.fromCharCode(Number.parseInt(source.slice(2), 16)));
  }

  private finish(text: string): string {
    const raw = this.escape;
    this.escape = '';
    return this.note(text, raw);
  }

  private note(text: string, raw: string | undefined): string {
    if (this.faithful && text !== '') this.pending.push({ text, raw });
    return text;
  }

  private settle(output: string): string {
    let settled = '';
    let at = 0;
    while (this.faithful && at < output.length) {
      const stretch = this.pending[this.next];
      if (stretch === undefined) this.faithful = false;
      else if (output.startsWith(stretch.text, at)) {
        settled += stretch.raw ?? stretch.text;
        at += stretch.text.length;
        this.next += 1;
      } else if (stretch.raw === undefined && stretch.text.startsWith(output.slice(at))) {
        settled += output.slice(at);
        stretch.text = stretch.text.slice(output.length - at);
        at = output.length;
      } else this.faithful = false;
    }
    if (!this.faithful || this.next === this.pending.length) {
      this.pending = [];
      this.next = 0;
    }
    return settled + encodeInside(output.slice(at));
  }
}

/** A text as it stands inside a JSON string literal, without the quotes. */
function encodeInside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
