import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ActiveConfig } from '#boot';
import type { Approvals, DeliveryState, NotificationKind, Principal } from '#contracts';
import { UnitOfWork } from '#database';
import { metrics } from '#telemetry';
import { ApprovalRequest } from '../../approval-request.entity.ts';
import { ApprovalVote } from '../../deciding/approval-vote.entity.ts';
import { Delivery } from '../delivering/delivery.entity.ts';
import { audienceOf, type Receiver } from './audience.ts';
import { Endpoints } from './endpoints.ts';
import { type HistoryLine, mayPassOnCard, type Notice, noticeOf } from './notice.ts';
import { Recipients } from './recipients.ts';

const batchSize = 100;
/** Bounds the queue: what a channel that long doesn't take anything misses can be sent again by hand. */
const maxWaiting = 10_000;

/**
 * Turns new lines of the history into deliveries. The lines were committed with the changes they tell of; here each
 * becomes its deliveries and is marked as told, in one transaction.
 */
@Injectable()
export class Telling {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly config: ActiveConfig,
    private readonly endpoints: Endpoints,
    private readonly recipients: Recipients,
  ) {}

  /** Takes one batch. True where there may be more; one replica at a time does it. */
  async take(at: number): Promise<boolean> {
    const approvals = this.config.current?.document.approvals;
    if (!approvals) return false;
    return this.unit.inTransaction(async ({ manager }) => {
      const [{ mine }] = await manager.query(
        `select pg_try_advisory_xact_lock(hashtextextended('sallyport.approval.notices', 0)) as mine`,
      );
      if (!mine) return false;
      const lines: HistoryLine[] = await manager.query(
        `select id, approval_id as "approvalId", kind, version, what, at from approval_note
         where not told order by id limit ${batchSize}`,
      );
      if (lines.length === 0) return false;
      if (approvals.email || approvals.webhooks.length > 0) await this.tell(manager, lines, approvals, at);
      await manager.query('update approval_note set told = true where id = any($1)', [
        lines.map(({ id }) => id),
      ]);
      return lines.length === batchSize;
    });
  }

  private async tell(
    manager: EntityManager,
    lines: readonly HistoryLine[],
    approvals: Approvals,
    at: number,
  ): Promise<void> {
    const gone = await this.endpoints.gone(manager);
    const full = await fullChannels(manager);
    const granted = await grantedAmong(manager, lines);
    for (const line of lines) {
      // A grant stood in for the votes: nobody was needed, and nobody waited.
      if (granted.has(line.approvalId)) continue;
      for (const { row, notice, version } of await this.newsOf(manager, line)) {
        const voters = notice.kind === 'edited' ? await votersOf(manager, row.id, version) : [];
        const receivers = audienceOf(notice, row, approvals, voters);
        const deliveries = receivers.map((receiver) => ({
          ...this.deliveryTo(receiver, at),
          ...{ approvalId: row.id, kind: notice.kind, what: notice.what, version, at: line.at },
          ...stateOf(receiver.channel, gone, full, at),
        }));
        if (deliveries.length > 0) await manager.insert(Delivery, deliveries);
      }
    }
  }

  /** What one line tells: of its own request, and of the one that heads the card from now on. */
  private async newsOf(
    manager: EntityManager,
    line: HistoryLine,
  ): Promise<{ row: ApprovalRequest; notice: Notice; version: number }[]> {
    const row = await manager.findOneBy(ApprovalRequest, { id: line.approvalId });
    if (!row) return [];
    const notice = noticeOf(line, row);
    const news = notice ? [{ row, notice, version: line.version }] : [];
    if (mayPassOnCard(line)) {
      const lead = await manager
        .createQueryBuilder(ApprovalRequest, 'request')
        .where('subject_key = :subjectKey and card = :card', { subjectKey: row.subjectKey, card: row.card })
        .andWhere(`card_of is null and state = 'pending' and id <> :id`, { id: row.id })
        .getOne();
      if (lead) news.push({ row: lead, notice: { kind: 'waiting', what: null }, version: lead.version });
    }
    const fresh = [];
    for (const one of news) {
      const said = one.notice.kind === 'waiting' && (await wasTold(manager, one.row.id, 'waiting'));
      if (!said) fresh.push(one);
    }
    return fresh;
  }

  private deliveryTo({ channel, audience, address }: Receiver, at: number) {
    const recipient = address === undefined ? null : this.recipients.nameOf(address);
    return { id: `msg_${uuidv7()}`, channel, audience, recipient, attempts: 0, nextAt: new Date(at) };
  }
}

function stateOf(channel: string, gone: ReadonlySet<string>, full: ReadonlySet<string>, at: number) {
  const error = gone.has(channel) ? 'endpoint.disabled' : full.has(channel) ? 'queue.full' : null;
  if (error)
    metrics.notifications.inc({ channel: channel === 'email' ? 'email' : 'webhook', result: 'failed' });
  const state: DeliveryState = error ? 'failed' : 'waiting';
  return { state, lastError: error, endedAt: error ? new Date(at) : null };
}

/** Requests that a grant let through. */
async function grantedAmong(manager: EntityManager, lines: readonly HistoryLine[]): Promise<Set<string>> {
  const rows: { id: string }[] = await manager.query(
    `select distinct approval_id as id from approval_note where kind = 'granted' and approval_id = any($1)`,
    [lines.map(({ approvalId }) => approvalId)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Channels whose queue is as long as it may get. */
async function fullChannels(manager: EntityManager): Promise<Set<string>> {
  const rows: { channel: string }[] = await manager.query(
    `select channel from delivery where state = 'waiting' group by channel having count(*) >= ${maxWaiting}`,
  );
  return new Set(rows.map(({ channel }) => channel));
}

async function wasTold(manager: EntityManager, approvalId: string, kind: NotificationKind): Promise<boolean> {
  return manager.existsBy(Delivery, { approvalId, kind });
}

/** Whose votes on earlier versions don't count any more. */
async function votersOf(manager: EntityManager, approvalId: string, version: number): Promise<Principal[]> {
  const votes = await manager.find(ApprovalVote, { where: { approvalId }, order: { at: 'ASC' }, take: 200 });
  return votes.filter((vote) => vote.version < version).map(({ approver }) => approver);
}
