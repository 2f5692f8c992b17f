import type { MaskingProfile, PolicyDocument } from '#contracts';
import { needsCompiling } from '#redaction';
import { needsEntities } from './compiling/compile.ts';
import type { DocumentFault } from './compiling/compile-rule.ts';
import { finderProfile } from './compiling/entities.ts';

/** Compiles a masking profile in another thread; throws where it can't be, or not in time. */
export type PrepareProfile = (profile: MaskingProfile) => Promise<void>;

interface PlacedProfile {
  readonly path: DocumentFault['path'];
  readonly profile: MaskingProfile;
}

/** The masking profiles of a document that take time to compile, and what rules about entities look for. */
export function profilesToCompile(document: PolicyDocument): PlacedProfile[] {
  const profiles = Object.entries(document.masking.profiles);
  const own = profiles.map(([name, profile]) => ({ path: ['masking', 'profiles', name], profile }));
  const sought = needsEntities(document)
    ? [{ path: ['masking'], profile: finderProfile(profiles.map(([, profile]) => profile)) }]
    : [];
  return [...own, ...sought].filter(({ profile }) => needsCompiling(profile));
}

/** Has them compiled, one after the other. Gives what is wrong with them; never throws. */
export async function prepareProfiles(
  prepare: PrepareProfile,
  document: PolicyDocument,
): Promise<DocumentFault[]> {
  const faults: DocumentFault[] = [];
  for (const { path, profile } of profilesToCompile(document)) {
    try {
      await prepare(profile);
    } catch (error) {
      faults.push(faultOf(error, path));
    }
  }
  return faults;
}

export function faultOf(error: unknown, path: DocumentFault['path']): DocumentFault {
  const code = (error as { code?: unknown }).code;
  const message = error instanceof Error ? error.message : 'not usable';
  return { path, message: typeof code === 'string' ? `${message} (${code})` : message };
}
