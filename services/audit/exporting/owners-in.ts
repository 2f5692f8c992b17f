import type { EntryReader, StoredEntry } from '../entries/entry-reader.ts';

/**
 * The names of the data keys of everybody who is named in these entries, or in the erasures of those: what an export up
 * to `size` needs the erasures of.
 */
export async function ownersIn(
  entries: Pick<EntryReader, 'at' | 'erasures'>,
  first: readonly StoredEntry[],
  size: number,
): Promise<string[]> {
  const owners = new Set<string>();
  let some = first;
  for (let known = -1; known < owners.size; ) {
    known = owners.size;
    for (const { entry } of some) for (const { ownerKey } of entry.personal) owners.add(ownerKey);
    if (known < owners.size) some = await entries.at(await entries.erasures(size, [...owners]));
  }
  return [...owners];
}
