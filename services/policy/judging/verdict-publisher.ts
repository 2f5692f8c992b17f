import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '#boot';
import { approvalRequested, encodeEnvelope, requestCompleted, requestReleased } from '#contracts';
import { BodyStore, Bus, MissingDependencyError, OutputLog, Settlement } from '#messaging';
import { ContentErasedError, QuestionSigner, RuleReleaseKey, Sealer } from '#sealing';
import { type Logger, metrics } from '#telemetry';
import { ApprovedPrefixes } from './approved-prefixes.ts';
import { endingOfGivenUp } from './given-up.ts';
import { judge, type Verdict } from './judge.ts';
import { LargeBodies, largeBodyBytes } from './large-bodies.ts';
import { openBody } from './open-body.ts';
import { PolicyInForce } from './policy-in-force.ts';
import { approvalOf, carriedBody, type Judged, refusalOf, releaseOf } from './verdict-events.ts';

const empty = new Uint8Array(0);

/** A request to judge, with its sealed body as the event carried it. */
export type Case = Omit<Judged, 'nowMs' | 'revision'> & { tail: Uint8Array };

/** Judges a request and publishes what follows: one event, once. */
@Injectable()
export class VerdictPublisher {
  private readonly outputs: OutputLog[];

  constructor(
    private readonly bus: Bus,
    private readonly sealer: Sealer,
    private readonly bodies: BodyStore,
    private readonly key: RuleReleaseKey,
    private readonly questions: QuestionSigner,
    private readonly policy: PolicyInForce,
    private readonly approved: ApprovedPrefixes,
    private readonly large: LargeBodies,
    @Inject(LOGGER) private readonly logger: Logger,
    settlement: Settlement,
  ) {
    settlement.onDeadLetter(({ payload }) => this.giveUp(payload));
    const versioned = (head: unknown) => {
      const { requestId, version, terms } = head as { requestId?: string; version?: number; terms?: never };
      const { requestId: id, version: number } = (terms ?? { requestId, version }) as Judged;
      return `${id}.${number}`;
    };
    const asked = (head: unknown) => (questions.made(head as object) ? versioned(head) : undefined);
    this.outputs = [
      new OutputLog(bus, requestReleased.filter('rule'), versioned),
      new OutputLog(bus, approvalRequested.filter(), asked),
      new OutputLog(bus, requestCompleted.filter(), versioned),
    ];
  }

  /** Whether this version of a request was judged already: a redelivery does not prove that it was not. */
  async isJudged(requestId: string, version: number, sequence: number): Promise<boolean> {
    for (const output of this.outputs) {
      if (await output.find(`${requestId}.${version}`, sequence)) return true;
    }
    return false;
  }

  /** Judges. Throws `MissingDependencyError` while no policy is in force. */
  async decide(one: Case): Promise<{ judged: Judged; verdict: Verdict }> {
    const { current } = this.policy;
    if (!current) throw new MissingDependencyError('no policy is in force');
    const { requestId, version, context, body, sequence } = one;
    const nowMs = Date.now();
    // Written out, not spread, here and below: this runs for every request.
    const judged: Judged = {
      requestId,
      version,
      context,
      body,
      sequence,
      revision: current.revision,
      nowMs,
    };
    try {
      return { judged, verdict: await this.judge(one, current, nowMs) };
    } catch (error) {
      if (!(error instanceof ContentErasedError)) throw error;
      this.logger.info({ requestId, version }, 'content was erased before it was judged');
      const message = 'The content of this request was erased.';
      return {
        judged,
        verdict: { kind: 'refused', status: 410, code: 'content.erased', message, rules: [], model: null },
      };
    }
  }

  private async judge(
    one: Case,
    current: NonNullable<PolicyInForce['current']>,
    nowMs: number,
  ): Promise<Verdict> {
    const { requestId, version, context, body, tail } = one;
    const { subjectKey } = context;
    const open = () => openBody({ requestId, version, subjectKey, body, tail }, this.sealer, this.bodies);
    const { revision, policy } = current;
    if (body.bytes > largeBodyBytes) {
      return this.large.judge({ revision, document: policy.document }, async () => ({
        question: { context, body: await open(), nowMs },
        approved: this.approved.keysOf(subjectKey, nowMs),
      }));
    }
    const isApproved = this.approved.hasAny(subjectKey)
      ? (key: string) => this.approved.has(key, nowMs)
      : undefined;
    return judge(policy, { context, body: await open(), nowMs, isApproved });
  }

  async publish(judged: Judged, verdict: Verdict, tail: Uint8Array): Promise<void> {
    metrics.decisions.inc({ effect: verdict.kind });
    const { requestId, version } = judged;
    const carried = carriedBody(judged).location.in === 'tail' ? tail : empty;
    switch (verdict.kind) {
      case 'allowed': {
        const head = releaseOf(judged, verdict, this.key);
        const subject = requestReleased.subject('rule', head.terms.connection);
        await this.bus.publish(subject, encodeEnvelope(head, carried), {
          messageId: `${requestId}:${version}:released`,
        });
        return;
      }
      case 'held': {
        const payload = encodeEnvelope(this.questions.sign(approvalOf(judged, verdict)), carried);
        await this.bus.publish(approvalRequested.subject(), payload, {
          messageId: this.questions.messageId(`${requestId}:${version}:held`),
        });
        return;
      }
      case 'refused': {
        const head = refusalOf(judged, verdict);
        const subject = requestCompleted.subject(head.destination);
        await this.bus.publish(subject, encodeEnvelope(head), { messageId: `${requestId}:completed` });
        return;
      }
      default:
        verdict satisfies never;
    }
  }

  /** Ends a request whose event went to the dead letters. */
  private async giveUp(payload: Uint8Array): Promise<void> {
    const head = endingOfGivenUp(payload, Date.now());
    if (!head) return;
    const messageId = `${head.requestId}:completed`;
    await this.bus.publish(requestCompleted.subject(head.destination), encodeEnvelope(head), { messageId });
  }
}
