import { type Mask, type OpenMask, WholePairs } from '../answer/mask.ts';
import { LiteralMask } from './literal-mask.ts';
import { maxDepth } from './parse.ts';

type Expected = 'start' | 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'comma';

const space = /\s/;
const bareToken = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*$/;
const longestBareToken = 512;

/**
 * Masks a JSON text that arrives in pieces (tool-call arguments), so that it stays JSON: each string, member
 * name and number is masked on its own; a masked number becomes a string, or 0 where numbers stay. Text that is not a JSON object or
 * array, from the place where that shows, is masked as running text.
 */
export class JsonTextMask implements Mask {
  private readonly open: Array<'object' | 'array'> = [];
  private expected: Expected = 'start';
  private literal: LiteralMask | undefined;
  private bare = '';
  private running: Mask | undefined;

  constructor(
    private readonly openMask: OpenMask,
    private readonly place: string,
    private readonly numbersStay = false,
  ) {}

  push(chunk: string): string {
    let output = '';
    for (let at = 0; at < chunk.length; ) {
      if (this.running !== undefined) return output + this.running.push(chunk.slice(at));
      if (this.literal !== undefined) {
        const stop = this.literalEnd(this.literal, chunk, at);
        output += this.literal.push(chunk.slice(at, stop));
        at = stop;
        if (at < chunk.length) {
          output += `${this.literal.end()}"`;
          this.literal = undefined;
          at += 1;
        }
      } else {
        output += this.outside(chunk[at] ?? '');
        at += 1;
      }
    }
    return output;
  }

  end(): string {
    if (this.running !== undefined) return this.running.end();
    if (this.literal !== undefined) return this.literal.end();
    return this.closeBare();
  }

  /** Index of the closing quote in the chunk, or its length. */
  private literalEnd(literal: LiteralMask, chunk: string, from: number): number {
    let at = from;
    let shielded = literal.afterBackslash ? at : -1;
    for (; at < chunk.length; at += 1) {
      const code = chunk.charCodeAt(at);
      if (at === shielded) continue;
      if (code === 0x22) return at;
      if (code === 0x5c) shielded = at + 1;
    }
    return at;
  }

  private outside(char: string): string {
    if (this.bare !== '') return this.inBare(char);
    if (space.test(char)) return char;
    const next = this.step(char);
    if (next === undefined) return this.run(char);
    this.expected = next;
    return this.bare === '' ? char : '';
  }

  /** What may follow `char` here; undefined where it has no place in JSON. */
  private step(char: string): Expected | undefined {
    const wantsValue = this.expected === 'value' || this.expected === 'valueOrEnd';
    switch (char) {
      case '{':
        return wantsValue || this.expected === 'start' ? this.enter('object') : undefined;
      case '[':
        return wantsValue || this.expected === 'start' ? this.enter('array') : undefined;
      case '}':
        return this.expected === 'keyOrEnd' || this.expected === 'comma' ? this.leave('object') : undefined;
      case ']':
        return this.expected === 'valueOrEnd' || this.expected === 'comma' ? this.leave('array') : undefined;
      case ',':
        if (this.expected !== 'comma') return undefined;
        return this.open.at(-1) === 'object' ? 'key' : 'value';
      case ':':
        return this.expected === 'colon' ? 'value' : undefined;
      case '"':
        return this.quote(wantsValue);
      default:
        if (!wantsValue || !/[-0-9tfn]/.test(char)) return undefined;
        this.bare = char;
        return 'comma';
    }
  }

  private quote(wantsValue: boolean): Expected | undefined {
    const isKey = this.expected === 'key' || this.expected === 'keyOrEnd';
    if (!wantsValue && !isKey) return undefined;
    this.literal = new LiteralMask(this.openMask, this.place);
    return isKey ? 'colon' : 'comma';
  }

  private enter(kind: 'object' | 'array'): Expected | undefined {
    if (this.open.length >= maxDepth) return undefined;
    this.open.push(kind);
    return kind === 'object' ? 'keyOrEnd' : 'valueOrEnd';
  }

  private leave(kind: 'object' | 'array'): Expected | undefined {
    if (this.open.pop() !== kind) return undefined;
    return this.open.length === 0 ? 'start' : 'comma';
  }

  /** A number or word is decided when the structure goes on, so that no split value slips by as many numbers. */
  private inBare(char: string): string {
    if (char !== ',' && char !== ']' && char !== '}') {
      if (this.bare.length >= longestBareToken) return this.run(char);
      this.bare += char;
      return '';
    }
    if (!bareToken.test(this.bare)) return this.run(char);
    return this.closeBare() + this.outside(char);
  }

  private closeBare(): string {
    const token = this.bare;
    this.bare = '';
    if (token === '') return '';
    const trimmed = token.trimEnd();
    const mask = this.openMask(this.place);
    const masked = mask.push(trimmed) + mask.end();
    return masked === trimmed ? token : this.written(masked) + token.slice(trimmed.length);
  }

  private written(masked: string): string {
    if (!this.numbersStay) return JSON.stringify(masked);
    return bareToken.test(masked) ? masked : '0';
  }

  private run(char: string): string {
    this.running = new WholePairs(this.openMask(this.place));
    const text = this.bare + char;
    this.bare = '';
    return this.running.push(text);
  }
}
