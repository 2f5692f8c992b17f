import { type Document, type Node, visit } from 'yaml';

/** Where the line of an offset begins. */
export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
/** Where the line begins, or the first after it that is neither empty nor a comment. */
export function lineWithContent(text: string, offset: number): number {
  let start = lineStart(text, offset);
  while (/^\s*(#|$)/.test(lineAt(text, start))) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  return start;
}

/** The line of an offset, without its end. */
export const lineAt = (text: string, offset: number): string =>
  text.slice(lineStart(text, offset)).split(/\r?\n/, 1)[0] ?? '';
/** From 1. */
export const lineNumber = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Where a node begins; -1 where there is none. */
export function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? -1;
}

/** Where the last node begins of which `isMeant`. */
export function lastNode(parsed: Document.Parsed, isMeant: (node: Node) => boolean): number | undefined {
  let found: number | undefined;
  visit(parsed, {
    Node: (_, node) => {
      if (isMeant(node)) found = startOf(node);
    },
  });
  return found;
}

export const indentOf = (line: string): number => line.length - line.trimStart().length;

/** The columns (from 0) in which a line may begin after these: those of the lines it is below of, least first. */
export function columnsAbove(text: string): number[] {
  const columns = new Set<number>();
  let least = Number.POSITIVE_INFINITY;
  for (const line of text.split('\n').reverse()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const indent = indentOf(line);
    if (indent >= least) continue;
    const dashes = /^\s*((?:- +)*)(?=[^\s])/.exec(line)?.[1] ?? '';
    if (indent + dashes.length < least) columns.add(indent + dashes.length);
    columns.add(indent);
    least = indent;
    if (least === 0) break;
  }
  return [...columns].sort((a, b) => a - b);
}

/** "1, 3 or 5". */
export function orList(values: readonly number[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
