const lessThan = 60;
const reverseSolidus = 92;
const controlStart = 27;
const longestTag = 4096;
const cdata = '<![CDATA[';
/** A terminal's control sequence (ECMA-48, 5.4). */
const controlSequence = /\x1b\[[0-?]{0,32}[ -/]{0,4}[@-~]/y;

/**
 * What a reader of rendered text doesn't see: HTML tags and comments, terminal colours, a line's continuation. Asked
 * from left to right; what was once looked for in vain isn't looked for again, so that time stays linear.
 */
export class Markup {
  readonly #text: string;
  #hasCommentEnd = true;
  #cdataEnd = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** How many code units at `at`, which holds `unit`, are markup; 0 for none. */
  lengthAt(at: number, unit: number): number {
    if (unit === lessThan) return this.#angle(at);
    if (unit === reverseSolidus) return this.#continuation(at);
    if (unit === controlStart) return this.#sequence(at);
    return at === this.#cdataEnd ? 3 : 0;
  }

  #angle(at: number): number {
    const text = this.#text;
    if (text.startsWith('!--', at + 1)) return this.#comment(at);
    if (text.startsWith(cdata, at)) {
      this.#cdataEnd = text.indexOf(']]>', at);
      return cdata.length;
    }
    return this.#tag(at);
  }

  #comment(at: number): number {
    if (!this.#hasCommentEnd) return 0;
    const end = this.#text.indexOf('-->', at + 4);
    this.#hasCommentEnd = end !== -1;
    return end === -1 ? 0 : end + 3 - at;
  }

  #tag(at: number): number {
    const text = this.#text;
    const next = text.charCodeAt(at + 1) | 32;
    // A letter, `/`, `!` or `?`.
    if (!((next >= 97 && next <= 122) || next === 47 || next === 33 || next === 63)) return 0;
    const until = Math.min(text.length, at + longestTag);
    for (let i = at + 1; i < until; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 62) return i + 1 - at;
      if (unit === lessThan) return 0;
    }
    return 0;
  }

  #continuation(at: number): number {
    const next = this.#text.charCodeAt(at + 1);
    if (next === 10) return 2;
    return next === 13 && this.#text.charCodeAt(at + 2) === 10 ? 3 : 0;
  }

  #sequence(at: number): number {
    controlSequence.lastIndex = at;
    return controlSequence.test(this.#text) ? controlSequence.lastIndex - at : 0;
  }
}
