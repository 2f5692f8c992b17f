/** Whatever a terminal would obey or hide: controls (line feeds and tabs apart), bidi marks, zero-width characters. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** A text that is safe to print: what a terminal would obey or hide stands there by its number, as `⟨U+202E⟩`. */
export function unseenAsText(text: string): string {
  return text.replace(unseen, (character) => {
    const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `⟨U+${number}⟩`;
  });
}

/** Prints lines on standard output, safe by `unseenAsText`: whatever else was done to them. */
export function say(text: string): void {
  process.stdout.write(`${unseenAsText(text)}\n`);
}

/** Prints part of a line, as safe as `say`. */
export function sayPiece(text: string): void {
  process.stdout.write(unseenAsText(text));
}

/** Prints a document for other programs: exact, unless a terminal would obey it. */
export function sayDocument(text: string): void {
  process.stdout.write(process.stdout.isTTY ? unseenAsText(text) : text);
}

/** JSON that says the same and is safe to print: what a terminal would obey or hide is escaped as JSON has it. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unseen, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** How long something took or will take, in the largest fitting unit. */
export function inWords(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const;
  const [size, unit] = units.find(([least]) => Math.abs(ms) >= least) ?? [1, 'ms'];
  return `${Math.round(ms / size)} ${unit}`;
}

/** Lines of columns, padded to the widest. */
export function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => unseenAsText(cell).replaceAll('\n', ' ')));
  const widths = (safe[0] ?? []).map((_, column) => Math.max(...safe.map((row) => row[column]?.length ?? 0)));
  return safe
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
