import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { Approvals } from '#contracts';
import { retryAfterMs } from '../../../../services/approval/notifying/delivering/retry.ts';
import { emailMessage } from '../../../../services/approval/notifying/email/email-message.ts';
import { sendEmail } from '../../../../services/approval/notifying/email/send-email.ts';
import { isAddress } from '../../../../services/approval/notifying/telling/audience.ts';
import { slackPayload } from '../../../../services/approval/notifying/webhooks/slack-payload.ts';
import { webhookPayload } from '../../../../services/approval/notifying/webhooks/webhook-payload.ts';
import { atMost, oneLine } from '../../../../services/approval/notifying/wording/content-text.ts';
import type { Facts } from '../../../../services/approval/notifying/wording/facts.ts';
import { startMailServer } from './receivers.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

test('a letter goes to no server without encryption, unless the configuration says so', async () => {
  const server = await startMailServer('gate', 'password');
  try {
    const letter = { message: emailMessage(facts(), 0), to: 'a@b.test', id: 'msg_1', thread: 'req-1' };
    const channel = (tls: 'starttls' | 'none') => ({
      from: 'sallyport@gateway.test',
      server: { host: '127.0.0.1', port: server.port, tls, username: 'gate' },
    });
    expect(await sendEmail(channel('starttls'), 'password', letter, 2000)).toMatchObject({ kind: 'failed' });
    expect(server.mails).toEqual([]);
    expect(await sendEmail(channel('none'), 'wrong', letter, 2000)).toEqual({
      kind: 'failed',
      error: 'smtp.535',
    });
    expect(await sendEmail(channel('none'), 'password', letter, 2000)).toEqual({ kind: 'delivered' });
    expect(server.mails).toMatchObject([{ from: 'sallyport@gateway.test', to: ['a@b.test'] }]);
  } finally {
    await server.stop();
  }
});

describe('retrying', () => {
  const delivering = Approvals.parse({}).delivery;

  test('goes on for hours, a fifth earlier or later, and ends', () => {
    const total = (random: number) =>
      delivering.retry.reduce((sum, _, index) => sum + (retryAfterMs(delivering, index + 1, random) ?? 0), 0);
    expect(total(0.5)).toBe(
      5000 + 60_000 + 300_000 + 1_800_000 + 2 * 3_600_000 + 5 * 3_600_000 + 10 * 3_600_000,
    );
    expect([total(0) / total(0.5), total(1) / total(0.5)]).toEqual([0.8, 1.2]);
    expect(retryAfterMs(delivering, delivering.retry.length + 1, 0.5)).toBeUndefined();
  });

  test('waits as long as the receiver asks, up to six hours', () => {
    expect(retryAfterMs(delivering, 1, 0.5, 90_000)).toBe(90_000);
    expect(retryAfterMs(delivering, 1, 0.5, 10 * 86_400_000)).toBe(6 * 3_600_000);
  });
});

const facts = (over: Partial<Facts> = {}, requester: object = { subject: 'carol' }): Facts => ({
  ...{ id: 'msg_1', kind: 'waiting', what: null, audience: 'group:security', at: 1_700_000_000_000 },
  ...{ version: 1, matches: 2, link: 'https://approvals.example.test/approvals/req-1' },
  summary: {
    ...{ id: 'req-1', requestId: 'req-1', gate: 'prompt', state: 'pending', version: 1 },
    ...{ digest: '0'.repeat(64), connection: 'demo', model: 'demo', operation: 'chat.completions' },
    requester: { issuer: 'https://idp.example.test', subject: 'carol', ...requester },
    ...{ rules: ['secrets'], revision: 'r1', mode: 'all', count: 3, edited: false },
    groups: [{ group: 'security', quorum: 2, approved: 1 }],
    ...{ requestedAt: 1_700_000_000_000, expiresAt: 1_700_003_600_000 },
  },
  ...over,
});

describe('what is said', () => {
  test('who, rule, counts, how long it waits, and the link; none of the content', () => {
    const { subject, text, html } = emailMessage(facts(), 1_700_000_000_000 + 12 * 60_000);
    expect(subject).toBe('[Sallyport] Approval needed: carol, rule secrets');
    for (const part of [
      'carol',
      'secrets (2 matches)',
      'security 1 of 2',
      '(12 min)',
      '(48 min left)',
      '3',
    ]) {
      expect(text).toContain(part);
    }
    for (const form of [text, html]) expect(form).toContain('https://approvals.example.test/approvals/req-1');
  });

  test('names can not become markup, mentions or further lines', () => {
    const evil = { name: '<img src=x onerror=alert(1)> <!channel>\r\nBcc: all@example.test\u202e' };
    const { subject, text, html } = emailMessage(facts({}, evil), 0);
    expect(subject).not.toMatch(/[\r\n\u202e]/);
    expect(text.split('\n').filter((line) => line.startsWith('Bcc'))).toEqual([]);
    expect(html).not.toContain('<img');
    const slack = JSON.parse(slackPayload(facts({}, evil), 0)) as {
      text: string;
      blocks: { text: { type: string; text: string } }[];
    };
    expect(slack.text).toContain('&lt;!channel&gt;');
    for (const { text: block } of slack.blocks) {
      if (block?.type === 'mrkdwn') expect(block.text).not.toContain('<!channel>');
    }
  });

  test('a requester hears the outcome without a link that is not theirs', () => {
    const own = emailMessage(facts({ kind: 'decided', what: 'rejected', audience: 'requester' }), 0);
    expect(own.subject).toBe('[Sallyport] Your request to demo was rejected');
    expect(own.text + own.html).not.toContain('https://approvals.example.test');
  });

  test('a webhook says the same on every attempt', () => {
    const early = facts();
    const later = facts();
    later.summary.groups = [{ group: 'security', quorum: 2, approved: 2 }];
    later.summary.state = 'approved';
    expect(webhookPayload(later)).toBe(webhookPayload(early));
    expect(JSON.parse(webhookPayload(early))).toMatchObject({ type: 'approval.waiting' });
  });

  test('Slack gets no longer texts than it takes, cut between characters', () => {
    const long = facts({ content: { shown: 'clear', text: '😀'.repeat(5000) } });
    const { blocks } = JSON.parse(slackPayload(long, 0)) as { blocks: { text?: { text: string } }[] };
    for (const { text } of blocks) expect(text?.text.length ?? 0).toBeLessThanOrEqual(3000);
    expect(JSON.stringify(blocks)).not.toMatch(/\\ud83d(?!\\ude00)/i);
  });

  test('a line stays a line of at most so many characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 10, max: 60 }), (text, length) => {
        const line = oneLine(text, length);
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(line.length).toBeLessThanOrEqual(length);
        expect(atMost(text, 40).length).toBeLessThanOrEqual(40);
      }),
    );
  });
});

test('only one plain address is an address', () => {
  expect(isAddress('security-team+held@example.test')).toBe(true);
  for (const text of [
    ...['a@b.test\r\nBcc: c@d.test', 'a@b.test, c@d.test', 'A <a@b.test>', 'a@b.test c@d.test', '@b.test'],
    ...['a@', '"a b"@c.test', 'a@b@c.test', 'group:a@b.test;', undefined, ''],
  ]) {
    expect([text, isAddress(text)]).toEqual([text, false]);
  }
});

describe('sallyport.yaml', () => {
  const approvals = (given: object) => Approvals.safeParse(given);

  test('notifies nobody by default', () => {
    expect(Approvals.parse({})).toMatchObject({ webhooks: [] });
    expect(Approvals.parse({}).email).toBeUndefined();
  });

  test('takes references to secrets, never secrets, and no channel that can not work', () => {
    const server = { host: 'mail.example.test' };
    const from = 'a@b.test';
    expect(approvals({ email: { from, server } }).success).toBe(true);
    for (const wrong of [
      { email: { from, server: { ...server, username: 'u', secret: 'plain' } } },
      { email: { from, server: { ...server, username: 'u' } } },
      { email: { from, server: { host: 'mail\r\nQUIT' } } },
      { email: { from: 'a@b.test\r\nBcc: c@d.test', server } },
      { webhooks: [{ name: 'x', url: 'https://x.test' }] },
      { webhooks: [{ name: 'x', url: 'https://x.test', secrets: [secret] }] },
      { webhooks: [{ name: 'x', url: 'file:///etc/passwd', format: 'slack' }] },
      { webhooks: [{ name: 'x', url: 'https://x.test', format: 'slack', secrets: [`\${env:A}`] }] },
      { delivery: { timeout: '2m' } },
      { delivery: { timeout: 'soon' } },
      { delivery: { privateNetworks: ['10.0.0.1'] } },
    ]) {
      expect([wrong, approvals(wrong).success]).toEqual([wrong, false]);
    }
  });

  test('is what docs/notifications.md shows', () => {
    const [, example = ''] =
      /^```yaml\n([\s\S]*?)^```$/m.exec(readFileSync('docs/notifications.md', 'utf8')) ?? [];
    const shown = Approvals.parse((parse(example) as { approvals: object }).approvals);
    expect(shown.webhooks.map(({ name, content }) => [name, content])).toEqual([
      ['pager', 'none'],
      ['chat', 'none'],
    ]);
    expect(shown.email).toMatchObject({ content: 'none', server: { tls: 'starttls', port: 587 } });
  });
});
