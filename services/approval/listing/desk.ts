import { Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '#auth';
import { ActiveConfig } from '#boot';
import { CodedError, contentRead, contentRevealed, encodeEnvelope, sizeBytes } from '#contracts';
import { UnitOfWork } from '#database';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import { note } from '../deciding/carry-out.ts';
import { Judging } from '../deciding/judging.ts';
import { type Look, lookAt } from '../deciding/look.ts';
import { notFound } from '../deciding/refused.ts';
import { Content } from '../showing/content.ts';
import { decides, maySee, type Reader } from './access.ts';

const defaultMaxBytes = 8 * 1024 * 1024;

/** Who is asking, what they may see, and that they looked. */
@Injectable()
export class Desk {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly content: Content,
    private readonly config: ActiveConfig,
  ) {}

  /** The caller with roles and approval groups under the revision in force. */
  reader({ user, roles }: AuthenticatedRequest): Reader {
    if (!user) throw new CodedError('token.missing', 'Send an access token: Authorization: Bearer …');
    const { principal } = user;
    const mayBreakGlass = this.judging.breakGlassRule(principal)?.isMember ?? false;
    return { principal, roles: roles ?? [], groups: this.judging.groupsOf(principal), mayBreakGlass };
  }

  /** A request this person may see. Throws `approval.not_found`, also for what they may not know of. */
  async find(id: string, reader: Reader): Promise<ApprovalRequest> {
    const row = await this.unit.read((manager) => this.judging.read(manager, id));
    if (!row || !maySee(reader, row)) throw notFound(id);
    return row;
  }

  /** The same with all that a vote on it depends on. */
  async look(id: string, reader: Reader): Promise<Look> {
    const look = await lookAt(this.unit, id);
    if (!look || !maySee(reader, look.row)) throw notFound(id);
    return look;
  }

  /** Records that somebody read content who doesn't decide about it. */
  async recordReading(row: ApprovalRequest, reader: Reader): Promise<void> {
    if (decides(reader, row)) return;
    const at = Date.now();
    const head = { requestId: row.requestId, reader: reader.principal, at };
    await this.publish(row, contentRead.subject(), `read:${reader.principal.subject}:${at}`, head);
  }

  /** Records that somebody is about to see content unmasked, and why. */
  async recordReveal(row: ApprovalRequest, reader: Reader, reason: string, at: number): Promise<void> {
    const sealed = await this.content.sealReason(row, reason);
    const { requestId, subjectKey, digest } = row;
    const head = { requestId, reader: reader.principal, subjectKey, digest, at };
    const name = `revealed:${reader.principal.subject}:${at}`;
    await this.publish(row, contentRevealed.subject(), name, head, sealed, (transaction) =>
      note(transaction, row, 'revealed', { at, actor: reader.principal, reason: sealed }),
    );
  }

  /** Throws `request.too_large` for more than the front door takes. */
  checkSize(bytes: Uint8Array): void {
    const limit = this.config.current?.document.ingress.maxBody;
    if (bytes.length > (limit ? sizeBytes(limit) : defaultMaxBytes)) {
      throw new CodedError('request.too_large', `The new content is larger than ${limit ?? '8MiB'}.`);
    }
  }

  private async publish(
    row: ApprovalRequest,
    subject: string,
    name: string,
    head: object,
    tail: Uint8Array = new Uint8Array(0),
    also: (transaction: Parameters<typeof note>[0]) => void = () => undefined,
  ): Promise<void> {
    await this.unit.inTransaction(async (transaction) => {
      also(transaction);
      transaction.publish({
        kind: 'event',
        orderingKey: row.requestId,
        subject,
        messageId: `${row.id}:${name}`,
        payload: encodeEnvelope(head, tail),
      });
    });
  }
}
