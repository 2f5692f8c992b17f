import { Injectable } from '@nestjs/common';
import { type Approvals, durationMs, type EmailChannel, type WebhookChannel } from '#contracts';
import { UnitOfWork } from '#database';
import type { ApprovalRequest } from '../../approval-request.entity.ts';
import { ApprovalVote } from '../../deciding/approval-vote.entity.ts';
import { emailMessage } from '../email/email-message.ts';
import { sendEmail } from '../email/send-email.ts';
import { audienceOf } from '../telling/audience.ts';
import { isStillNews } from '../telling/notice.ts';
import { Recipients } from '../telling/recipients.ts';
import { post } from '../webhooks/post.ts';
import { signedHeaders, signingKey, WebhookSecretError } from '../webhooks/sign.ts';
import { slackPayload } from '../webhooks/slack-payload.ts';
import { webhookPayload } from '../webhooks/webhook-payload.ts';
import { FactsReader } from '../wording/facts.ts';
import { type Attempt, failed, refused, skipped } from './attempt.ts';
import type { Delivery } from './delivery.entity.ts';
import { ReferredSecrets } from './referred-secrets.ts';

/** Makes one attempt to send a delivery: puts together what it says and to whom, then says it. */
@Injectable()
export class Sender {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly facts: FactsReader,
    private readonly recipients: Recipients,
    private readonly secrets: ReferredSecrets,
  ) {}

  /** Rejects only where a part of ours is away. */
  async send(delivery: Delivery, approvals: Approvals, at: number): Promise<Attempt> {
    const row = await this.facts.row(delivery);
    if (!row) return skipped('request.gone');
    const hook = approvals.webhooks.find(({ name }) => name === delivery.channel);
    const forPeople = hook?.format !== 'standard';
    if (forPeople && !isStillNews(delivery.kind, delivery.version, row)) return skipped('over');
    if (hook) return this.call(delivery, row, hook, approvals, at);
    const { email } = approvals;
    return email ? this.mail(delivery, row, { ...approvals, email }, at) : skipped('channel.removed');
  }

  private async call(
    delivery: Delivery,
    row: ApprovalRequest,
    hook: WebhookChannel,
    { delivery: { timeout, privateNetworks = [] } }: Approvals,
    at: number,
  ): Promise<Attempt> {
    const url = hook.url.startsWith('${') ? await this.secrets.open(hook.url) : hook.url;
    if (url === undefined) return failed('secret.unavailable');
    const facts = await this.facts.read(delivery, row, hook.content);
    const body = hook.format === 'slack' ? slackPayload(facts, at) : webhookPayload(facts);
    const signature = await this.signature(hook, delivery.id, body, at);
    if (!signature) return refused('secret.invalid');
    const headers = { 'content-type': 'application/json', 'user-agent': 'Sallyport', ...signature };
    return post({ url, headers, body, timeoutMs: durationMs(timeout), privateNetworks });
  }

  /** The headers that sign a message; undefined where a secret is missing or isn't one. */
  private async signature(
    { secrets = [] }: WebhookChannel,
    id: string,
    body: string,
    at: number,
  ): Promise<Record<string, string> | undefined> {
    const opened = await Promise.all(secrets.map((reference) => this.secrets.open(reference)));
    try {
      const keys = opened.map((secret) => signingKey(secret ?? ''));
      return keys.length > 0 ? signedHeaders(id, at, body, keys) : {};
    } catch (error) {
      if (error instanceof WebhookSecretError) return undefined;
      throw error;
    }
  }

  private async mail(
    delivery: Delivery,
    row: ApprovalRequest,
    approvals: Approvals & { email: EmailChannel },
    at: number,
  ): Promise<Attempt> {
    const to = await this.addressOf(delivery, row, approvals);
    if (to === undefined) return skipped('address.removed');
    const { email } = approvals;
    const { secret } = email.server;
    const password = secret && (await this.secrets.open(secret));
    if (secret && password === undefined) return failed('secret.unavailable');
    const message = emailMessage(await this.facts.read(delivery, row, email.content), at);
    const letter = { message, to, id: delivery.id, thread: row.id };
    return sendEmail(email, password, letter, durationMs(approvals.delivery.timeout));
  }

  /** The address behind a delivery, if it is (still) one of those who are to hear of it. */
  private async addressOf(
    delivery: Delivery,
    row: ApprovalRequest,
    approvals: Approvals,
  ): Promise<string | undefined> {
    const votes =
      delivery.audience === 'voter'
        ? await this.unit.read((manager) => manager.findBy(ApprovalVote, { approvalId: row.id }))
        : [];
    const voters = votes.map(({ approver }) => approver);
    const found = audienceOf(delivery, row, approvals, voters).find(
      ({ address }) => address !== undefined && this.recipients.nameOf(address) === delivery.recipient,
    );
    return found?.address;
  }
}
