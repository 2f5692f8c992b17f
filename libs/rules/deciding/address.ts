import type { RequestText } from './decision.ts';

/** Where the text of a request's own address is said to stand; no member of a body has this name. */
export const addressPointer = '/:url';

/**
 * What a caller can write into the address of a request, which the model's server gets as well: its query, and for a
 * server with a protocol of its own the path. Undefined where there is nothing. `path` with its query.
 */
export function addressText(protocol: string, path: string): RequestText | undefined {
  const query = path.indexOf('?');
  const text = protocol === 'http' ? path : query === -1 ? '' : path.slice(query + 1);
  return text === '' ? undefined : { pointer: addressPointer, text, turn: 0 };
}
