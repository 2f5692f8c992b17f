import { MaskingProfile, packNames } from '#contracts';
import { compileMasker } from '#redaction';
import { strongestNames } from './profiles.ts';

/** Finds entities of every pack, as masking would. */
export interface EntityFinder {
  find(text: string): readonly { readonly entity: string; readonly start: number; readonly end: number }[];
}

/** Conditions never issue placeholders, so that the key is of no consequence. */
const noKey = new Uint8Array(16);

/** A finder over all packs and the own rules and word lists of the policy's profiles; over names where one has them on. */
export function entityFinder(profiles: readonly MaskingProfile[]): EntityFinder {
  const masker = compileMasker(finderProfile(profiles), { key: noKey, scope: '' });
  return { find: (text) => masker.findSpans(text) };
}

/** What a finder looks for, as a profile. */
export function finderProfile(profiles: readonly MaskingProfile[]): MaskingProfile {
  return MaskingProfile.parse({
    packs: [...packNames],
    names: strongestNames(profiles.map(({ names }) => names)),
    languages: [...new Set(['en', ...profiles.flatMap(({ languages }) => languages)])],
    rules: distinctById(profiles.flatMap(({ rules }) => rules)),
    wordLists: distinctById(profiles.flatMap(({ wordLists }) => wordLists)),
  });
}

function distinctById<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
