import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { parse } from 'yaml';
import { Approvals } from '#contracts';
import { mayReach } from '#outgoing';
import { retryAfterMs } from '../../../../services/approval/notifying/delivering/retry.ts';
import { emailMessage } from '../../../../services/approval/notifying/email/email-message.ts';
import { sendEmail } from '../../../../services/approval/notifying/email/send-email.ts';
import { isAddress } from '../../../../services/approval/notifying/telling/audience.ts';
import { post } from '../../../../services/approval/notifying/webhooks/post.ts';
import { signedHeaders, signingKey } from '../../../../services/approval/notifying/webhooks/sign.ts';
import { slackPayload } from '../../../../services/approval/notifying/webhooks/slack-payload.ts';
import { webhookPayload } from '../../../../services/approval/notifying/webhooks/webhook-payload.ts';
import { atMost, oneLine } from '../../../../services/approval/notifying/wording/content-text.ts';
import type { Facts } from '../../../../services/approval/notifying/wording/facts.ts';
import { type HookReceiver, startHookReceiver, startMailServer } from './receivers.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const message = (url: string, privateNetworks: string[] = []) => ({
  ...{ url, headers: { 'content-type': 'application/json' }, body: '{"data":{}}', timeoutMs: 2000 },
  privateNetworks,
});

describe('where a webhook may connect to', () => {
  test('public addresses only', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
      expect([address, mayReach(address, [])]).toEqual([address, true]);
    }
    for (const address of [
      ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
      ...['0.0.0.0', '100.64.0.1', '224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1'],
      ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', 'fc00::1', 'ff02::1', '2001:db8::1'],
      ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::10.0.0.1', '2002:7f00:1::'],
      ...['', 'localhost', '127.1', '0x7f000001'],
    ]) {
      expect([address, mayReach(address, [])]).toEqual([address, false]);
    }
  });

  test('and what is listed, however the address is written', () => {
    expect(mayReach('10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(mayReach('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(mayReach('10.2.2.3', ['10.1.0.0/16'])).toBe(false);
    expect(mayReach('fd12::1', ['fd12::/16'])).toBe(true);
    expect(mayReach('fd13::1', ['fd12::/16'])).toBe(false);
    expect(mayReach('10.1.2.3', ['10.1.2.2/31', '10.1.2.4/30'])).toBe(true);
  });

  test('no private IPv4 address passes, whichever notation carries it', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const inside = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
    );
    const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
    fc.assert(
      fc.property(inside, ([a, b, c, d]) => {
        const tail = `${hex(a, b)}:${hex(c, d)}`;
        const forms = [
          `${a}.${b}.${c}.${d}`,
          `::ffff:${tail}`,
          `::${tail}`,
          `64:ff9b::${tail}`,
          `2002:${tail}::1`,
        ];
        expect(forms.filter((form) => mayReach(form, []))).toEqual([]);
      }),
    );
  });
});

describe('posting', () => {
  let receiver: HookReceiver;
  beforeAll(async () => {
    receiver = await startHookReceiver('::');
  });
  afterAll(() => receiver.stop());

  test('refuses this machine and private networks under every spelling, and nothing arrives', async () => {
    const { port } = receiver;
    for (const host of [
      ...['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0'],
      ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '169.254.169.254', '127.0.0.1.', hostname()],
    ]) {
      const attempt = await post(message(`http://${host}:${port}/hook`));
      expect([host, attempt]).toEqual([host, { kind: 'refused', error: 'address.not_public' }]);
    }
    expect(receiver.calls).toEqual([]);
  });

  test('refuses a name as soon as one of its addresses is private', async () => {
    const resolve = async () => ['93.184.216.34', '10.0.0.1'];
    const attempt = await post(message('https://hooks.example.test/'), resolve);
    expect(attempt).toEqual({ kind: 'refused', error: 'address.not_public' });
  });

  test('connects to the address it looked at, whatever the name means a moment later', async () => {
    const answers = [['127.0.0.1'], ['10.9.9.9']];
    let asked = 0;
    const resolve = async () => answers[asked++] ?? [];
    const url = `http://hooks.example.test:${receiver.port}/pinned`;
    expect(await post(message(url, ['127.0.0.1/32']), resolve)).toEqual({ kind: 'delivered' });
    expect(asked).toBe(1);
    const [call] = receiver.calls.filter(({ path }) => path === '/pinned');
    expect(call?.headers.host).toBe(`hooks.example.test:${receiver.port}`);
  });

  test('follows no redirect, also not to where it may not go', async () => {
    receiver.behave('/moved', () => ({
      ...{ status: 302, headers: { location: `http://127.0.0.1:${receiver.port}/private` } },
    }));
    const attempt = await post(message(`http://127.0.0.1:${receiver.port}/moved`, ['127.0.0.1/32']));
    expect(attempt).toMatchObject({ kind: 'failed', error: 'http.302' });
    expect(receiver.calls.filter(({ path }) => path === '/private')).toEqual([]);
  });

  test('ends in time without an answer, and reads no endless one', async () => {
    receiver.behave('/silent', () => 'silence');
    receiver.behave('/endless', () => ({ status: 200, body: 'x'.repeat(5_000_000) }));
    const to = (path: string) => ({
      ...message(`http://127.0.0.1:${receiver.port}${path}`, ['127.0.0.1/32']),
      timeoutMs: 300,
    });
    expect(await post(to('/silent'))).toEqual({ kind: 'failed', error: 'timeout' });
    expect(await post(to('/endless'))).toEqual({ kind: 'delivered' });
  });

  test('says what it met as a code, without addresses', async () => {
    const closed = await startHookReceiver();
    await closed.stop();
    const attempt = await post(message(`${closed.url}/`, ['127.0.0.1/32']));
    expect(attempt).toEqual({ kind: 'failed', error: 'connection.econnrefused' });
  });
});

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

describe('signing', () => {
  test('is what the Standard Webhooks library verifies, with either secret while one replaces the other', () => {
    const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
    const body = '{"text":"größer"}';
    const headers = signedHeaders('msg_1', Date.now(), body, [signingKey(secret), signingKey(other)]);
    for (const one of [secret, other]) {
      expect(new Webhook(one).verify(body, headers)).toEqual({ text: 'größer' });
    }
    const stranger = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(() => new Webhook(stranger).verify(body, headers)).toThrow();
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
  });

  test('takes no weak or mistyped secret, and does not repeat it', () => {
    for (const wrong of ['', 'whsec_', 'whsec_c2hvcnQ=', 'not base64 at all, but long enough to be one!']) {
      expect(() => signingKey(wrong)).toThrow('expected whsec_ and 24 to 64 bytes in base64');
    }
  });
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
