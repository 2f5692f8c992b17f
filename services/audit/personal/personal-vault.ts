import { randomFillSync } from 'node:crypto';
import {
  commitPersonal,
  type FoundPart,
  type PersonalCommitment,
  type PersonalOpening,
  saltBytes,
} from '#ledger';
import { ContentErasedError, type Sealer } from '#sealing';
import type { Owners } from './owners.ts';
import { decodeOpenings, encodeOpenings, type SealedOpenings } from './personal-columns.ts';

/** Where a ledger entry stands: what its personal values are sealed for. */
export interface Place {
  logId: string;
  sequence: number;
}

const label = ({ logId, sequence }: Place): string => `ledger:${logId}:${sequence}`;

const pool = Buffer.alloc(saltBytes * 512);
let used = pool.length;

/** Good until the pool is filled again: whoever takes one uses it at once. */
function freshSalt(): Buffer {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += saltBytes;
  return pool.subarray(used - saltBytes, used);
}

/** `[position among the commitments, salt in base64, JSON text]`. */
type Opening = [position: number, salt: string, value: string];

/** An entry's personal values: what the tree covers of them, and the values themselves, sealed. */
export interface SealedPersonal {
  commitments: PersonalCommitment[];
  openings: Buffer;
}

/** Commits to personal values, and keeps value and salt sealed with the owner's data key. */
export class PersonalVault {
  constructor(
    readonly sealer: Sealer,
    readonly owners: Owners,
  ) {}

  /**
   * At once where the data keys are in hand. What belongs to `erased` is committed to and not kept: a key that they have
   * since would open it. Throws `MissingDependencyError` where a key can't be had now.
   */
  seal(
    place: Place,
    head: Record<string, unknown>,
    parts: readonly FoundPart[],
    erased?: string,
  ): SealedPersonal | Promise<SealedPersonal> {
    const byOwner = new Map<string, Opening[]>();
    const commitments = parts.map((part, position) => {
      const ownerKey = this.owners.ofPart(head, part);
      const salt = freshSalt();
      if (ownerKey === erased) return { path: part.path, ownerKey, digest: commitPersonal(part, salt) };
      const opening: Opening = [position, salt.toString('base64'), part.value];
      const list = byOwner.get(ownerKey);
      if (list === undefined) byOwner.set(ownerKey, [opening]);
      else list.push(opening);
      return { path: part.path, ownerKey, digest: commitPersonal(part, salt) };
    });
    const clear = [...byOwner].map(([owner, list]) => ({
      owner,
      bytes: Buffer.from(JSON.stringify(list), 'utf8'),
    }));
    const sealed: SealedOpenings[] = [];
    for (const { owner, bytes } of clear) {
      const now = owner === '' ? bytes : this.sealer.sealNow(owner, label(place), bytes);
      if (now === null) return this.sealLater(place, commitments, clear);
      sealed.push({ owner, bytes: now });
    }
    return { commitments, openings: encodeOpenings(sealed) };
  }

  private async sealLater(
    place: Place,
    commitments: PersonalCommitment[],
    clear: readonly SealedOpenings[],
  ): Promise<SealedPersonal> {
    const sealing = clear.map(async ({ owner, bytes }) => ({
      owner,
      bytes: owner === '' ? bytes : await this.sealer.seal(owner, label(place), bytes),
    }));
    return { commitments, openings: encodeOpenings(await Promise.all(sealing)) };
  }

  /** What is left of an entry's personal values, one for each commitment; null where it was erased. */
  async open(place: Place, count: number, openings: Buffer | null): Promise<(PersonalOpening | null)[]> {
    const found: (PersonalOpening | null)[] = Array.from({ length: count }, () => null);
    for (const { owner, bytes } of decodeOpenings(openings)) {
      const clear = owner === '' ? bytes : await this.openOwned(owner, place, bytes);
      if (clear === null) continue;
      for (const [position, salt, value] of JSON.parse(clear.toString('utf8')) as Opening[]) {
        found[position] = { salt: Buffer.from(salt, 'base64'), value };
      }
    }
    return found;
  }

  /** Null where the key that sealed it is gone. */
  private async openOwned(owner: string, place: Place, bytes: Buffer): Promise<Buffer | null> {
    try {
      return await this.sealer.open(owner, label(place), bytes);
    } catch (error) {
      if (error instanceof ContentErasedError) return null;
      throw error;
    }
  }
}
