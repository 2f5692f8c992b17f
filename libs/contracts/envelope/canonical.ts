/**
 * JSON text with object keys in code-unit order and no white space: the same value always gives the same text,
 * so that signatures and digests can cover it (the part of RFC 8785 that our values need: no exotic numbers).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  // Every release is signed and verified over this: no array of pairs for each object. `sort` goes by code units.
  const members = value as Record<string, unknown>;
  let text = '{';
  for (const key of Object.keys(members).sort()) {
    const item = members[key];
    if (item === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(key)}:${canonicalJson(item)}`;
  }
  return `${text}}`;
}
