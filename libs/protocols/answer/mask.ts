/**
 * One pass of masking over one text that arrives in pieces. `push` returns what is decided, which may be less
 * (text is held) or other (text is masked) than what came in; `end` returns the rest. Not used after `end`.
 */
export interface Mask {
  push(chunk: string): string;
  end(): string;
}

/**
 * Opens a mask for one text. `place` says where it stands, for findings: a JSON Pointer (of a streamed text: in
 * the answer it adds up to) in which names that are not the protocol's vocabulary are `*`.
 */
export type OpenMask = (place: string) => Mask;

/** How texts are masked. */
export interface Masks {
  /** Absent: nothing is to be masked. */
  readonly openMask?: OpenMask | undefined;
  /** For texts that are JSON (tool-call arguments), in place of `openMask` on each string of theirs. */
  readonly openJsonMask?: OpenMask | undefined;
  /** A masked number in JSON text stays a number (0 unless the mask gives one), so that its schema holds; else it becomes a string. */
  readonly numbersStay?: boolean | undefined;
  /** For a whole string of a body whose structure is the client's own, by its JSON Pointer; undefined: like any other. */
  readonly openFieldMask?: ((pointer: string) => Mask | undefined) | undefined;
}

/** Masks a complete text. */
export function maskWhole(openMask: OpenMask, place: string, text: string): string {
  if (text === '') return '';
  const mask = openMask(place);
  return mask.push(text) + mask.end();
}

/** Pushes text into a mask without ever cutting a surrogate pair: a trailing high surrogate waits for its half. */
export class WholePairs implements Mask {
  private high = '';

  constructor(private readonly mask: Mask) {}

  push(chunk: string): string {
    const text = this.high + chunk;
    const last = text.charCodeAt(text.length - 1);
    const cut = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
    this.high = text.slice(cut);
    return cut === 0 ? '' : this.mask.push(text.slice(0, cut));
  }

  end(): string {
    const rest = this.high === '' ? '' : this.mask.push(this.high);
    this.high = '';
    return rest + this.mask.end();
  }
}

/** A pointer without the names a client or a model chose: they may be what is masked. */
export function placeOf(pointer: string, knownKeys: ReadonlySet<string>): string {
  if (pointer === '') return '';
  const tokens = pointer.split('/').slice(1);
  return tokens.reduce(
    (place, token) => `${place}/${isNumber.test(token) || knownKeys.has(token) ? token : '*'}`,
    '',
  );
}

const isNumber = /^\d{1,6}$/;
