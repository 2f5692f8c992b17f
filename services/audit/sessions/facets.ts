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

/** By kind and value: putting both into one string would cost more than looking twice. */
const remembered = new Map<FacetKind, Map<string, string>>();
const maxRemembered = 20_000;

/**
 * A facet as the 64-bit number that stands in the index: the first eight bytes of SHA-256 over kind and value, as a
 * decimal string (a JavaScript number can't hold it).
 */
export function facetOf(kind: FacetKind, value: string): string {
  let known = remembered.get(kind);
  if (known === undefined) {
    known = new Map();
    remembered.set(kind, known);
  }
  const before = known.get(value);
  if (before !== undefined) return before;
  const digest = createHash('sha256').update(`${kind}\n${value}`).digest();
  const facet = digest.readBigInt64BE(0).toString();
  if (known.size >= maxRemembered) known.clear();
  known.set(value, facet);
  return facet;
}
