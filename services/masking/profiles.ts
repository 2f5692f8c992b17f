import { createHash } from 'node:crypto';
import { buckets, canonicalJson, configKeys, MaskingProfile, type ProfileReference } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import type { TablesThread } from '#tables';

/** A profile that a release names can't be had: nothing is sent, nothing is passed on. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

const mostCached = 64;

/** Masking profiles by the digest that a release pins; what stands under another digest is not taken. */
export class Profiles {
  private readonly cache = new Map<string, MaskingProfile>();

  constructor(
    private readonly bus: Bus,
    private readonly tables: TablesThread,
  ) {}

  /**
   * Ready to mask with. Throws `ProfileError` where it is missing or not the one pinned, `RedactionError` where it
   * can't be compiled, `MissingDependencyError` where KV is away.
   */
  async get({ name, digest }: ProfileReference): Promise<MaskingProfile> {
    const cached = this.cache.get(digest);
    if (cached) return cached;
    const bucket = await this.bus.bucket(buckets.config).catch(away);
    const entry = await bucket.get(configKeys.profile(digest)).catch(away);
    if (entry?.operation !== 'PUT') throw new ProfileError(`masking profile ${name} is missing`);
    const profile = readProfile(entry.value, digest);
    if (!profile) throw new ProfileError(`masking profile ${name} is not the one that was pinned`);
    await this.tables.prepare(profile);
    if (this.cache.size >= mostCached) this.cache.clear();
    this.cache.set(digest, profile);
    return profile;
  }
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the masking profiles can not be read now', { cause });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The digest covers the profile's canonical JSON, as written or with its defaults filled in. */
function readProfile(bytes: Uint8Array, digest: string): MaskingProfile | undefined {
  try {
    const written: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const profile = MaskingProfile.parse(written);
    const fits = [profile, written].some((value) => sha256(canonicalJson(value)) === digest);
    return fits ? profile : undefined;
  } catch {
    return undefined;
  }
}
