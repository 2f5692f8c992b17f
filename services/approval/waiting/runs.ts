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
    try {
      return await this.tryRevoke(row, ['open']);
    } catch (cause) {
      throw new MissingDependencyError('the runs bucket is away', { cause });
    }
  }

  /** Takes a release back even while it runs: the one who runs it loses its claim and ends the call. */
  async stop(row: ApprovalRequest): Promise<'revoked' | 'finished'> {
    try {
      return (await this.tryRevoke(row, ['open', 'claimed'])) === 'revoked' ? 'revoked' : 'finished';
    } catch (cause) {
      throw new MissingDependencyError('the runs bucket is away', { cause });
    }
  }

  private async tryRevoke(
    row: ApprovalRequest,
    from: readonly RunEntry['state'][],
  ): Promise<'revoked' | 'claimed' | 'finished'> {
    const bucket = await this.bus.bucket('runs');
    const key = runKey(row);
    for (;;) {
      const found = await bucket.get(key);
      const entry = found?.operation === 'PUT' ? RunEntry.parse(found.json()) : undefined;
      if (entry && entry.state !== 'open' && !from.includes(entry.state)) return entry.state;
      const notAfter = entry?.notAfter ?? row.notAfter?.getTime() ?? 0;
      const revoked = JSON.stringify({ state: 'revoked', attempt: entry?.attempt ?? 0, notAfter });
      const won = await (found
        ? bucket.update(key, revoked, found.revision)
        : bucket.create(key, revoked)
      ).then(
        () => true,
        (error: unknown) => {
          if (isOtherRevision(error)) return false;
          throw error;
        },
      );
      if (won) return 'revoked';
    }
  }
}

/** JetStream error 10071: the last sequence of the subject is another one. */
function isOtherRevision(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === 10071 || /wrong last sequence/i.test(message ?? '');
}
