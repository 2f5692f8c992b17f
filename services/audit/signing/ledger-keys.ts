import type { LedgerKey } from '#contracts';
import { NoteError, type NoteSigner, noteVerifier, openNote, signHandover } from '#ledger';
import type { Queryable } from '../entries/entry-reader.ts';
import type { LedgerSigners } from './signers.ts';

/** Which keys signed this ledger, and which one signs now. */
export class LedgerKeys {
  constructor(
    private readonly database: Queryable,
    private readonly signers: LedgerSigners,
  ) {}

  get current(): NoteSigner {
    return this.signers.current;
  }

  /** Every key, the first one first. One that has signed nothing yet is among them. */
  async all(): Promise<LedgerKey[]> {
    const rows = await this.database.query(
      'select public_key, since, handover from ledger_key order by number',
      [],
    );
    const keys = rows.map((row) => ({
      key: row.public_key as string,
      since: Number(row.since),
      handover: row.handover as string | null,
    }));
    const own = this.current.publicKey;
    return keys.some(({ key }) => key === own) ? keys : [...keys, { key: own, since: null, handover: null }];
  }

  /** The key that signed a note, the newest of several. */
  async keyOf(note: string): Promise<string> {
    const keys = (await this.all()).map(({ key }) => key).reverse();
    return keys.find((key) => isSignedBy(note, key)) ?? this.current.publicKey;
  }
}

function isSignedBy(note: string, key: string): boolean {
  try {
    return openNote(note, [noteVerifier(key)]).signedBy.length > 0;
  } catch (error) {
    if (error instanceof NoteError) return false;
    throw error;
  }
}

/**
 * Notes the keys that this writer signs with. The key before, where it is there, states that the other one takes over; it
 * may be destroyed after that.
 */
export async function noteKeys(
  database: Queryable,
  { current, previous }: LedgerSigners,
  origin: string,
  nowMs: number,
): Promise<void> {
  const add =
    'insert into ledger_key (public_key, since, handover) values ($1, $2, $3) on conflict (public_key)';
  if (previous === null) {
    await database.query(`${add} do nothing`, [current.publicKey, nowMs, null]);
    return;
  }
  await database.query(`${add} do nothing`, [previous.publicKey, nowMs, null]);
  const handover = signHandover({ origin, key: current.publicKey, atMs: nowMs }, [previous]);
  // Who started with the new key alone first can state it later.
  const later = 'do update set handover = excluded.handover where ledger_key.handover is null';
  await database.query(`${add} ${later}`, [current.publicKey, nowMs, handover]);
}
