import type { EntryProof, SessionDetail, SignedCheckpoint } from '#contracts';
import { consistencyProof, inclusionProof } from '#ledger';
import type { EntryReader, Queryable } from '../entries/entry-reader.ts';
import type { LedgerKeys } from '../signing/ledger-keys.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Reads checkpoints and makes proofs from the stored tree. */
export class LedgerProofs {
  constructor(
    private readonly database: Queryable,
    private readonly entries: EntryReader,
    readonly keys: LedgerKeys,
  ) {}

  /** The key that checkpoints are signed with, as text. */
  get publicKey(): string {
    return this.keys.current.publicKey;
  }

  /** Checkpoints, newest first, from those smaller than `before` on. */
  async checkpoints(limit: number, before?: number): Promise<SignedCheckpoint[]> {
    const rows = await this.database.query(
      'select size, note, at from checkpoint where $2::bigint is null or size < $2 order by size desc limit $1',
      [limit, before ?? null],
    );
    return rows.map(checkpointOf);
  }

  /** The newest checkpoint; null where none was signed yet. */
  async latest(): Promise<SignedCheckpoint | null> {
    return (await this.checkpoints(1))[0] ?? null;
  }

  /** The checkpoint of exactly this size. */
  async ofSize(size: number): Promise<SignedCheckpoint | null> {
    const rows = await this.database.query('select size, note, at from checkpoint where size = $1', [size]);
    return rows[0] === undefined ? null : checkpointOf(rows[0]);
  }

  /** The smallest checkpoint of at least this size. */
  async firstFrom(size: number): Promise<SignedCheckpoint | null> {
    const sql = 'select size, note, at from checkpoint where size >= $1 order by size limit 1';
    const rows = await this.database.query(sql, [size]);
    return rows[0] === undefined ? null : checkpointOf(rows[0]);
  }

  /** Throws `RangeError` where the tree of that size has no such entry. */
  async inclusion(index: number, size: number): Promise<EntryProof> {
    const path = await inclusionProof(index, size, this.entries.nodes);
    const [leaf] = await this.entries.nodes([{ level: 0, index }]);
    return { index, leaf: base64(leaf as Uint8Array), path: path.map(base64) };
  }

  /** Throws `RangeError` where `from` is larger than `to`. */
  async consistency(from: number, to: number): Promise<string[]> {
    return (await consistencyProof(from, to, this.entries.nodes)).map(base64);
  }

  /** Proves a session's entries under the newest checkpoint; null until it covers them all. */
  async ofEntries(indexes: readonly number[]): Promise<SessionDetail['proof']> {
    const checkpoint = await this.latest();
    if (checkpoint === null || indexes.some((index) => index >= checkpoint.size)) return null;
    const entries = await Promise.all(indexes.map((index) => this.inclusion(index, checkpoint.size)));
    return { checkpoint: checkpoint.note, key: await this.keys.keyOf(checkpoint.note), entries };
  }
}

function checkpointOf(row: Record<string, unknown>): SignedCheckpoint {
  return { size: Number(row.size), note: row.note as string, at: Number(row.at) };
}
