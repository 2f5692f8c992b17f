import { randomFillSync } from 'node:crypto';
import {
  commitPersonal,
  type PersonalCommitment,
  type PersonalOpening,
  type PersonalPart,
  saltBytes,
} from '#ledger';
import { ContentErasedError, type Sealer } from '#sealing';
import type { Owners } from './owners.ts';
import { decodeOpenings, encodeOpenings } from './personal-columns.ts';

/** Where a ledger entry stands: what its personal values are sealed for. */
export interface Place {
  logId: string;
  sequence: number;
}

const label = ({ logId, sequence }: Place): string => `ledger:${logId}:${sequence}`;

const pool = Buffer.alloc(saltBytes * 512);
let used = pool.length;

function freshSalt(): Buffer {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += saltBytes;
  return Buffer.from(pool.subarray(used - saltBytes, used));
}

/** `[position among the commitments, salt in base64, JSON text]`. */
type Opening = [position: number, salt: string, value: string];

/** Commits to personal values, and keeps value and salt sealed with the owner's data key. */
export class PersonalVault {
  constructor(
    private readonly sealer: Sealer,
    private readonly owners: Owners,
  ) {}

  /** Throws `MissingDependencyError` where a data key can't be had now. */
  async seal(
    place: Place,
    head: Record<string, unknown>,
    parts: readonly PersonalPart[],
  ): Promise<{ commitments: PersonalCommitment[]; openings: Buffer }> {
    const byOwner = new Map<string, Opening[]>();
    const commitments = parts.map((part, position) => {
      const ownerKey = this.owners.ofPart(head, part);
      const salt = freshSalt();
      const opening: Opening = [position, salt.toString('base64'), part.value];
      const list = byOwner.get(ownerKey);
      if (list === undefined) byOwner.set(ownerKey, [opening]);
      else list.push(opening);
      return { path: part.path, ownerKey, digest: commitPersonal(part, salt) };
    });
    const sealed = [];
    for (const [owner, list] of byOwner) {
      const clear = Buffer.from(JSON.stringify(list), 'utf8');
      const bytes = owner === '' ? clear : await this.sealer.seal(owner, label(place), clear);
      sealed.push({ owner, bytes });
    }
    return { commitments, openings: encodeOpenings(sealed) };
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

  /** Null where the key is gone, or is a newer one than the one that sealed it. */
  private async openOwned(owner: string, place: Place, bytes: Buffer): Promise<Buffer | null> {
    try {
      return await this.sealer.open(owner, label(place), bytes);
    } catch (error) {
      if (error instanceof ContentErasedError || isWrongKey(error)) return null;
      throw error;
    }
  }
}

/** OpenSSL's word for a failed GCM tag: the key was destroyed and made anew. */
function isWrongKey(error: unknown): boolean {
  return error instanceof Error && /unable to authenticate data/i.test(error.message);
}
