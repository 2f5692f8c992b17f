/** Puts original values back in place of placeholders, in a text that arrives in pieces. */
export interface RestoreStream {
  push(chunk: string): string;
  end(): string;
}

export interface RestoreOptions {
  /** How a value is written into the text, for example escaped for a JSON string. As it is by default. */
  readonly encode?: (value: string) => string;
}

interface Node {
  readonly next: Map<string, Node>;
  value?: string;
}

type Match =
  | { readonly kind: 'none' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'found'; readonly end: number; readonly value: string };

const NONE: Match = { kind: 'none' };
const UNDECIDED: Match = { kind: 'undecided' };
const LETTER_OR_DIGIT = /[A-Za-z0-9]/;

/**
 * Opens a restorer for the placeholders of a vault and no others. It is tolerant in form: letter case, escapes
 * (`\[EMAIL\_ADDRESS\_x7k2q\]`), spaces or hyphens for underscores, missing brackets.
 */
export function openRestorer(
  vault: ReadonlyMap<string, string>,
  options: RestoreOptions = {},
): RestoreStream {
  return new TolerantRestorer(trieOf(vault), options.encode ?? ((value) => value));
}

export function restoreText(
  text: string,
  vault: ReadonlyMap<string, string>,
  options: RestoreOptions = {},
): string {
  const stream = openRestorer(vault, options);
  return stream.push(text) + stream.end();
}

class TolerantRestorer implements RestoreStream {
  private held = '';
  private previous = '';

  constructor(
    private readonly root: Node,
    private readonly encode: (value: string) => string,
  ) {}

  push(chunk: string): string {
    return this.restore(this.held + chunk, false);
  }

  end(): string {
    return this.restore(this.held, true);
  }

  private restore(text: string, final: boolean): string {
    let out = '';
    let from = 0;
    let at = 0;
    this.held = '';
    while (at < text.length) {
      const before = at === 0 ? this.previous : text[at - 1]!;
      const match = LETTER_OR_DIGIT.test(before) ? NONE : matchAt(this.root, text, at, final);
      if (match.kind === 'none') {
        at++;
        continue;
      }
      out += text.slice(from, at);
      if (match.kind === 'undecided') {
        this.held = text.slice(at);
        from = text.length;
        if (at > 0) this.previous = text[at - 1]!;
        return out;
      }
      out += this.encode(match.value);
      at = match.end;
      from = at;
    }
    if (text.length > 0) this.previous = text.at(-1)!;
    return out + text.slice(from);
  }
}

function trieOf(vault: ReadonlyMap<string, string>): Node {
  const root: Node = { next: new Map() };
  for (const [placeholder, value] of vault) {
    let node = root;
    for (const c of placeholder
      .replace(/^\[|\]$/g, '')
      .replace(/[ -]/g, '_')
      .toLowerCase()) {
      const child = node.next.get(c) ?? { next: new Map() };
      node.next.set(c, child);
      node = child;
    }
    node.value = value;
  }
  return root;
}

/** Reads one placeholder at `at`; undecided when the text ends while it may still be one. */
function matchAt(root: Node, text: string, at: number, final: boolean): Match {
  const ended = final ? NONE : UNDECIDED;
  let k = at;
  if (text[k] === '\\') k++;
  const opened = text[k] === '[';
  if (opened) k++;
  else if (k > at) return k < text.length ? NONE : ended;
  if (opened && text[k] === ' ') k++;
  let node = root;
  while (true) {
    // Where ids collided one is the beginning of another, so an id ends where letters and digits end.
    const goesOn = k < text.length && LETTER_OR_DIGIT.test(text[k]!);
    if (node.value !== undefined && !goesOn) return closing(text, k, node.value, opened, final);
    if (k >= text.length) return ended;
    let c = text[k]!;
    if (c === '\\') {
      k++;
      if (k >= text.length) return ended;
      c = text[k]!;
      if (c !== '_') return NONE;
    }
    const next = node.next.get(c === ' ' || c === '-' ? '_' : c.toLowerCase());
    if (!next) return NONE;
    node = next;
    k++;
  }
}

function closing(text: string, from: number, value: string, opened: boolean, final: boolean): Match {
  const found = (end: number): Match => ({ kind: 'found', end, value });
  const next = text[from];
  if (next === undefined) return final ? found(from) : UNDECIDED;
  if (!opened) return found(from);
  let k = from;
  if (text[k] === ' ') k++;
  if (text[k] === '\\') k++;
  if (text[k] === ']') return found(k + 1);
  return k >= text.length && !final ? UNDECIDED : found(from);
}
