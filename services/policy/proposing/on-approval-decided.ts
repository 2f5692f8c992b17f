import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '#boot';
import { approvalDecided } from '#contracts';
import { consumers, type EventMessage, OnEvent, PoisonError } from '#messaging';
import { PeopleReleaseVerifier, verdictOnChange } from '#sealing';
import type { Logger } from '#telemetry';
import { Revisions } from '../revising/revisions.ts';
import { ProposalStore } from './proposal-store.ts';

/** People decided whether a revision comes into force. Votes, other gates and other services' changes pass by. */
@Injectable()
export class OnApprovalDecided {
  constructor(
    private readonly store: ProposalStore,
    private readonly revisions: Revisions,
    private readonly verifier: PeopleReleaseVerifier,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnEvent(approvalDecided, { consumer: consumers.policyDecided })
  async handle({ head }: EventMessage<typeof approvalDecided>): Promise<void> {
    if (head.gate !== 'change' || head.kind !== 'outcome' || !this.store.isUsed) return;
    const proposal = await this.store.find(head.requestId);
    if (!proposal) return;
    const verdict = verdictOnChange(proposal.requested, head, this.verifier);
    if (verdict === 'forged')
      throw new PoisonError(`${head.requestId}: a decision that approval did not make`);
    if (proposal.state !== 'asking' && proposal.state !== 'waiting') return;
    const ending =
      verdict === 'approved' ? await this.revisions.activateApproved(proposal) : { state: verdict };
    const { state, why } = { why: undefined, ...ending };
    await this.store.ended(proposal.id, state, Date.now(), why);
    this.logger.info({ approval: proposal.id, state, why }, 'a proposed activation was decided');
  }
}
