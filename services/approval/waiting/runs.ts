import { Injectable } from '@nestjs/common';
import { RunEntry, runKey } from '#contracts';
import { Bus, MissingDependencyError } from '#messaging';
import type { ApprovalRequest } from '../approval-request.entity.ts';

/** The broker's entry of the one running claim on a release, through which approval takes a release back. */
@Injectable()
export class Runs {
  constructor(private readonly bus: Bus) {}

  /**
   * Takes a release back by compare-and-set. `revoked`: it will not run; `claimed` and `finished`: too late. Throws
   * `MissingDependencyError` where the broker is away.
   */
  async revoke(row: ApprovalRequest): Promise<'revoked' | 'claimed' | 'finished'> {
    const { state } = await this.tryRevoke(row, ['open']).catch(away);
    return state === 'claimed' || state === 'finished' ? state : 'revoked';
  }

  /**
   * Takes a release back even while it runs: the one who runs it loses its claim, ends the call and the request, and
   * says why (`reason`, sealed). `claimedUntil`: when its lease ends; undefined where nobody ran it.
   */
  async stop(
    row: ApprovalRequest,
    reason: Uint8Array | undefined,
  ): Promise<{ kind: 'finished' } | { kind: 'revoked'; claimedUntil: number | undefined }> {
    const entry = await this.tryRevoke(row, ['open', 'claimed'], reason).catch(away);
    if (entry.state === 'finished') return { kind: 'finished' };
    return {
      kind: 'revoked',
      claimedUntil: entry.claimedBy === undefined ? undefined : (entry.leaseUntil ?? 0),
    };
  }

  /** The entry as it is then. */
  private async tryRevoke(
    row: ApprovalRequest,
    from: readonly RunEntry['state'][],
    reason?: Uint8Array,
  ): Promise<RunEntry> {
    const bucket = await this.bus.bucket('runs');
    const key = runKey(row);
    for (;;) {
      const found = await bucket.get(key);
      const entry = found?.operation === 'PUT' ? RunEntry.parse(found.json()) : undefined;
      if (entry && entry.state !== 'open' && !from.includes(entry.state)) return entry;
      const unopened = { attempt: 0, notAfter: row.notAfter?.getTime() ?? 0 };
      const revoked: RunEntry = {
        ...(entry ?? unopened),
        state: 'revoked',
        ...(reason && { reason: Buffer.from(reason).toString('base64') }),
      };
      const text = JSON.stringify(revoked);
      const won = await (found ? bucket.update(key, text, found.revision) : bucket.create(key, text)).then(
        () => true,
        (error: unknown) => {
          if (isOtherRevision(error)) return false;
          throw error;
        },
      );
      if (won) return revoked;
    }
  }
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the runs bucket is away', { cause });
}

/** JetStream error 10071: the last sequence of the subject is another one. */
function isOtherRevision(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === 10071 || /wrong last sequence/i.test(message ?? '');
}
