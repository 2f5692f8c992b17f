import type { ContentDifference } from '#contracts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const shown = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
const token = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** What an edit changed, value by value. Content that isn't JSON is compared as one text. */
export function differencesOf(before: Uint8Array, after: Uint8Array): ContentDifference[] {
  const [old, next] = [before, after].map((bytes) => Buffer.from(bytes).toString('utf8')) as [string, string];
  try {
    const differences: ContentDifference[] = [];
    compare(JSON.parse(old) as Json, JSON.parse(next) as Json, '', differences);
    return differences;
  } catch {
    return old === next ? [] : [{ pointer: '', change: 'replaced', before: old, after: next }];
  }
}

function compare(old: Json, next: Json, pointer: string, differences: ContentDifference[]): void {
  if (!isContainer(old) || !isContainer(next) || Array.isArray(old) !== Array.isArray(next)) {
    if (old !== next)
      differences.push({ pointer, change: 'replaced', before: shown(old), after: shown(next) });
    return;
  }
  const [left, right] = [new Map(Object.entries(old)), new Map(Object.entries(next))];
  for (const [key, value] of left) {
    const at = `${pointer}/${token(key)}`;
    const other = right.get(key);
    if (other === undefined) differences.push({ pointer: at, change: 'removed', before: shown(value) });
    else compare(value, other, at, differences);
  }
  for (const [key, value] of right) {
    if (left.has(key)) continue;
    differences.push({ pointer: `${pointer}/${token(key)}`, change: 'added', after: shown(value) });
  }
}

function isContainer(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}
