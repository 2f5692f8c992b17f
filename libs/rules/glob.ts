/** True where `value` fits `glob`, in which `*` stands for any run of characters. Time: product of the lengths. */
export function fitsGlob(glob: string, value: string): boolean {
  const parts = glob.split('*');
  if (parts.length === 1) return glob === value;
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last))
    return false;
  let at = first.length;
  const until = value.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at);
    if (found === -1 || found + part.length > until) return false;
    at = found + part.length;
  }
  return at <= until;
}

/** A list of globs as one test; undefined where there is no list. */
export class GlobSet {
  readonly #exact: ReadonlySet<string>;
  readonly #globs: readonly string[];

  constructor(patterns: readonly string[]) {
    this.#exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
    this.#globs = patterns.filter((pattern) => pattern.includes('*'));
  }

  has(value: string): boolean {
    return this.#exact.has(value) || this.#globs.some((glob) => fitsGlob(glob, value));
  }

  hasAny(values: readonly string[]): boolean {
    for (let i = 0; i < values.length; i++) if (this.has(values[i]!)) return true;
    return false;
  }
}
