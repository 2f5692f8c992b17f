import type pg from 'pg';
import { contentDropped, encodeEnvelope } from '#contracts';
import { type NoteSigner, signTombstone, type TombstoneScope } from '#ledger';
import { type Bus, MissingDependencyError } from '#messaging';
import type { Queryable } from '../entries/entry-reader.ts';
import { whileNoHoldComes } from '../holding/hold-lock.ts';
import { LegalHolds } from '../holding/legal-holds.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { removeWordsWithin } from '../searching/word-store.ts';
import { type Dropping, dueOf, isDecision, isErasure, type RetentionRule, type Segment } from './due.ts';

export interface RetentionParts {
  bus: Bus;
  vault: PersonalVault;
  signer: NoteSigner;
  origin: string;
  /** Null while no revision is in force: then nothing is dropped. */
  rule: () => RetentionRule | null;
}

/** How often it is looked whether something is past its time. */
const everyMs = 30_000;
/** Dropping a partition waits so long for readers, then tries again later: writers queue behind it. */
const lockMs = 2000;

/**
 * Drops what is past its time, by whole segments: partitions go, a signed tombstone says what and why, and the ledger
 * records it. What a legal hold names stays, and with it the segment. Runs in the writer, so nothing is dropped twice.
 */
export class Retention {
  private readonly database: Queryable;
  private readonly holds: LegalHolds;
  private lookedAtMs = 0;
  private revision: string | undefined;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly parts: RetentionParts,
  ) {
    this.database = { query: async (sql, values) => (await client.query(sql, values)).rows };
    this.holds = new LegalHolds(this.database, parts.vault.sealer);
  }

  /** Now and then, and at once where another revision is in force. */
  isDue(nowMs: number): boolean {
    return nowMs - this.lookedAtMs >= everyMs || this.parts.rule()?.revision !== this.revision;
  }

  /** Gives how many tombstones it signed. */
  async run(nowMs: number): Promise<number> {
    this.lookedAtMs = nowMs;
    const rule = this.parts.rule();
    this.revision = rule?.revision;
    let [stones, isBusy] = [0, false];
    for (const segment of rule === null ? [] : await this.closed()) {
      const due = rule === null || isBusy ? [] : dueOf(segment, rule, nowMs);
      if (rule === null || due.length === 0) continue;
      await whileNoHoldComes(this.client, async () => {
        if (segment.to > segment.from && (await this.isHeld(segment))) return false;
        for (const what of due) {
          isBusy = !(await this.drop(segment, what, rule, nowMs));
          if (isBusy) return false;
          stones += 1;
        }
        return true;
      });
    }
    await this.publish(rule?.revision ?? '');
    return stones;
  }

  private async closed(): Promise<Segment[]> {
    const rows = await this.database.query(
      `select * from (select *, lead(first_index) over (order by id) as next, lead(first_at) over (order by id) as ended
         from segment) s where next is not null and decisions_dropped_at is null order by id`,
      [],
    );
    return rows.map((row) => ({
      id: Number(row.id),
      from: Number(row.first_index),
      to: Number(row.next),
      lastAt: Number(row.ended),
      contentDropped: row.content_dropped_at !== null,
      metadataDropped: row.metadata_dropped_at !== null,
      decisionsDropped: row.decisions_dropped_at !== null,
    }));
  }

  private async isHeld({ from, to, id, lastAt }: Segment): Promise<boolean> {
    const [row] = await this.database.query('select first_at from segment where id = $1', [id]);
    return (await this.holds.onEntries(from, to, Number(row?.first_at), lastAt)).length > 0;
  }

  /** In one transaction: tables, tombstone, sessions. False where readers are in the way: tried again later. */
  private async drop(segment: Segment, what: Dropping, rule: RetentionRule, nowMs: number): Promise<boolean> {
    await this.client.query('begin');
    try {
      await this.client.query(`set local lock_timeout = ${lockMs}`);
      const dropped = await (what === 'content'
        ? this.dropContent(segment)
        : this.dropEntries(segment, what));
      await this.client.query(`update segment set ${what}_dropped_at = $2 where id = $1`, [
        segment.id,
        nowMs,
      ]);
      if (dropped > 0) await this.bury(segment, what, dropped, rule, nowMs);
      await this.client.query('commit');
      return true;
    } catch (error) {
      await this.client.query('rollback');
      if ((error as { code?: string }).code === '55P03') return false;
      throw error;
    }
  }

  private async dropContent({ id, from, to }: Segment): Promise<number> {
    const [row] = await this.database.query(
      'select count(*) as count from entry where segment = $1 and sealed_bytes > 0',
      [id],
    );
    await this.client.query('select drop_content($1)', [id]);
    await removeWordsWithin(this.client, from, to);
    return Number(row?.count);
  }

  private async dropEntries({ id, to }: Segment, what: Dropping): Promise<number> {
    const rows = await this.database.query('select index, subject from entry where segment = $1', [id]);
    const stays = what === 'decisions' ? isErasure : isDecision;
    const kept = rows.filter(({ subject }) => stays(subject as string)).map(({ index }) => Number(index));
    await this.client.query('select drop_entries($1, $2)', [id, kept]);
    await this.client.query('delete from session where indexes[1] < $1 and not indexes && $2::bigint[]', [
      to,
      kept,
    ]);
    return rows.length - kept.length;
  }

  private async bury(
    { from, to }: Segment,
    what: Dropping,
    dropped: number,
    rule: RetentionRule,
    nowMs: number,
  ): Promise<void> {
    const scope: TombstoneScope = what === 'content' ? 'content' : 'entries';
    const reason = `retention.${what}: ${rule.words[what]}, as revision ${rule.revision} says`;
    const stone = { origin: this.parts.origin, scope, from, to, dropped, atMs: nowMs, reason };
    const note = signTombstone(stone, [this.parts.signer]);
    await this.client.query(
      'insert into tombstone (scope, first_index, to_index, note, at) values ($1, $2, $3, $4, $5)',
      [scope, from, to, note, nowMs],
    );
  }

  /** Records in the ledger what was dropped; where the broker is away, next time. */
  private async publish(revision: string): Promise<void> {
    const rows = await this.database.query(
      'select * from tombstone where published_at is null order by id',
      [],
    );
    for (const { id, scope, first_index, to_index, note, at } of rows) {
      const [from, to] = [Number(first_index), Number(to_index)];
      const dropped = Number(String(note).split('\n')[2]?.split(' ')[3]);
      const head = { scope, from, to, dropped, revision, tombstone: note, at: Number(at) };
      try {
        await this.parts.bus.publish(contentDropped.subject(), encodeEnvelope(head), {
          messageId: `tombstone:${this.parts.origin}:${id}`,
        });
      } catch (error) {
        if (error instanceof MissingDependencyError) return;
        throw error;
      }
      await this.client.query('update tombstone set published_at = $2 where id = $1', [id, Date.now()]);
    }
  }
}
