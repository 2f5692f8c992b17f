import { createHash } from 'node:crypto';

/** What sessions can be searched by. */
export type FacetKind =
  | 'user'
  | 'group'
  | 'client'
  | 'connection'
  | 'model'
  | 'rule'
  | 'outcome'
  | 'approver'
  | 'entity'
  | 'conversation';

const remembered = new Map<string, string>();
const maxRemembered = 50_000;

/**
 * A facet as the 64-bit number that stands in the index: the first eight bytes of SHA-256 over kind and value, as a
 * decimal string (a JavaScript number can't hold it).
 */
export function facetOf(kind: FacetKind, value: string): string {
  const text = `${kind}\n${value}`;
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(text).digest().readBigInt64BE(0).toString();
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(text, hash);
  return hash;
}
