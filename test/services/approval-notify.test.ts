import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ChannelList,
  type DeliveryList,
  type DeliveryView,
  encodeEnvelope,
  requestCancelled,
} from '#contracts';
import { freePort, type RunningProcess } from '#embedded';
import { eventually, sallyportArguments } from '#testing';
import { type ApprovalWorld, releasesOf, startApprovalWorld } from './approval-world.ts';
import {
  type Call,
  type HookReceiver,
  type Mail,
  type MailServer,
  plainText,
  startHookReceiver,
  startMailServer,
  verified,
} from './notify-receivers.ts';

const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const [oldSecret, newSecret] = [secretOf(1), secretOf(2)];
const slow = { timeoutMs: 40_000 };
const person = { name: 'Carol Costa', email: 'carol@people.test' };

let world: ApprovalWorld;
let hooks: HookReceiver;
let mail: MailServer;
/** The world knows the replica started last only. */
let first: RunningProcess | undefined;

const standard = (name: string, rest: object = {}) => ({
  ...{ name, url: `${hooks.url}/${name}`, secrets: [`\${file:new-secret}`], ...rest },
});

const approvals = () => ({
  groups: {
    security: { claim: 'security', addresses: ['security@groups.test'] },
    platform: { claim: 'platform' },
    leads: { members: ['bob'] },
  },
  shownAs: 'standard',
  breakGlass: { group: 'leads', reviewers: 1 },
  email: {
    from: 'sallyport@gateway.test',
    people: true,
    server: {
      host: '127.0.0.1',
      port: mail.port,
      tls: 'none',
      username: 'gate',
      secret: `\${file:smtp-password}`,
    },
  },
  webhooks: [
    standard('all', { secrets: [`\${file:old-secret}`, `\${file:new-secret}`] }),
    standard('flaky', { kinds: ['waiting'] }),
    standard('gone', { kinds: ['waiting'] }),
    standard('stuck', { kinds: ['waiting', 'decided'] }),
    standard('platform', { groups: ['platform'] }),
    standard('masked', { content: 'masked', kinds: ['waiting'] }),
    standard('full', { content: 'full', kinds: ['waiting'] }),
    { name: 'slack', format: 'slack', url: `\${file:slack-url}`, kinds: ['waiting'] },
    { ...standard('private'), url: `http://127.0.0.2:${hooks.port}/private` },
    { ...standard('metadata'), url: 'http://169.254.169.254/latest/meta-data' },
  ],
  delivery: { retry: ['100ms', '100ms', '100ms'], timeout: '2s', privateNetworks: ['127.0.0.1/32'] },
});

const rules = [
  { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
  { name: 'secrets', prompt: { keywords: ['password'] }, effect: 'hold', approval: { all: { security: 1 } } },
  { name: 'both', prompt: { keywords: ['twofold'] }, effect: 'hold', approval: { all: { security: 2 } } },
  {
    name: 'machines',
    prompt: { keywords: ['mainframe'] },
    effect: 'hold',
    approval: { all: { platform: 1 } },
  },
];

beforeAll(async () => {
  hooks = await startHookReceiver();
  mail = await startMailServer('gate', 'mail-password-of-the-gate');
  world = await startApprovalWorld({
    rules,
    approvals: approvals(),
    masking: { profiles: { standard: { packs: ['core'] } } },
  });
  const dir = world.secrets.dirOf('approval');
  await Promise.all([
    writeFile(join(dir, 'old-secret'), oldSecret),
    writeFile(join(dir, 'new-secret'), newSecret),
    writeFile(join(dir, 'slack-url'), `${hooks.url}/slack\n`),
    writeFile(join(dir, 'smtp-password'), 'mail-password-of-the-gate'),
  ]);
}, 120_000);
afterAll(async () => {
  await first?.stop(5000);
  await world?.database.end().catch(() => undefined);
  await world?.stop();
  await hooks?.stop();
  await mail?.stop();
});

/** The kinds that a webhook heard of, each message once, as receivers count them: by id. */
function told(path: string, approvalId: string): string[] {
  const messages = new Map(
    hooks.of(path, approvalId).map((call) => [call.headers['webhook-id'], typeOf(call)]),
  );
  return [...messages.values()].sort();
}

/** Letters to an address about a request, each once. */
function letters(address: string, requestId: string): Mail[] {
  const found = mail.of(address, requestId).map((one) => [one.headers['message-id']?.[0], one] as const);
  return [...new Map(found).values()];
}

const typeOf = ({ json }: Call): string => json.type;

/** Deliveries of one approval that are over, by channel and kind. */
async function settled(id: string, least: number): Promise<DeliveryView[]> {
  return eventually(async () => {
    const { notifications } = await world.show(id, 'erin');
    expect(notifications.length).toBeGreaterThanOrEqual(least);
    expect(notifications.filter(({ state }) => state === 'waiting')).toEqual([]);
    return notifications;
  }, slow);
}

async function deliveryOf(id: string, channel: string, kind = 'waiting'): Promise<DeliveryView> {
  const found = (await world.show(id, 'erin')).notifications.find(
    (one) => one.channel === channel && one.kind === kind,
  );
  if (!found) throw new Error(`${channel} has no ${kind} of ${id}`);
  return found;
}

const resend = (id: string, user = 'erin') =>
  world.call<DeliveryView>(user, 'POST', `/v1/notifications/${id}/resend`);

/** What `sallyport notifications …` prints in a process of its own, as an admin. */
async function sallyport(...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    SALLYPORT_APPROVAL_URL: world.urlOf('approval'),
    SALLYPORT_ISSUER: world.idp.issuer,
    SALLYPORT_STATE_DIR: world.dir,
  };
  const line = sallyportArguments('notifications', ...args, '--as', 'erin');
  return (await promisify(execFile)(process.execPath, line, { env })).stdout;
}

describe('a request that is held and decided', () => {
  test('is told once to each channel, signed for both secrets, and the requester hears the outcome', async () => {
    const seen = await world.hold('my password is MARKER-swordfish', { person });
    await eventually(() => expect(told('/all', seen.id)).toEqual(['approval.waiting']), slow);
    await eventually(() => expect(letters('security@groups.test', seen.id)).toHaveLength(1), slow);
    await world.vote('alice', seen, 'approve');
    await eventually(
      () => expect(told('/all', seen.id)).toEqual(['approval.decided', 'approval.waiting']),
      slow,
    );
    await eventually(() => expect(letters('carol@people.test', seen.id)).toHaveLength(1), slow);
    const notifications = await settled(seen.id, 12);
    const delivered = notifications.filter(({ state }) => state === 'delivered');
    expect(delivered.map(({ channel, audience, kind }) => `${channel} ${audience} ${kind}`).sort()).toEqual(
      [
        ...['all', 'flaky', 'full', 'gone', 'masked', 'slack', 'stuck'].map(
          (name) => `${name} webhook waiting`,
        ),
        ...['all webhook decided', 'stuck webhook decided'],
        ...['email group:security waiting', 'email requester decided'],
      ].sort(),
    );
    const callOf = (type: string) => hooks.of('/all', seen.id).find((call) => typeOf(call) === type) as Call;
    const [waiting, decided] = [callOf('approval.waiting'), callOf('approval.decided')];
    for (const call of [waiting, decided]) {
      for (const secret of [oldSecret, newSecret]) expect(verified(call, secret)).toEqual(call.json);
      expect(() => verified(call, secretOf(3))).toThrow();
    }
    expect(waiting.headers['webhook-id']).not.toBe(decided.headers['webhook-id']);
    expect(waiting.json.data).toMatchObject({
      ...{ requestId: seen.id, rules: ['secrets', 'all'], requester: { subject: 'carol' } },
      link: `${world.urlOf('approval')}/approvals/${seen.id}`,
    });
    expect(decided.json.data).toMatchObject({ outcome: 'approved' });
    const [toGroup] = mail.of('security@groups.test', seen.id);
    expect(toGroup?.headers.subject).toEqual([
      '[Sallyport] Approval needed: Carol Costa (carol), rule secrets, all',
    ]);
    expect(toGroup?.headers['auto-submitted']).toEqual(['auto-generated']);
    const said = [waiting.body, decided.body, ...mail.mails.map(({ raw }) => plainText(raw))].join('\n');
    expect(said).not.toContain('MARKER-swordfish');
  });

  test('is told with content where a channel is configured so, and nothing of it or of an address is stored', async () => {
    const text = 'password for MARKER-marlin at dora@private.test';
    const seen = await world.hold(text, { person: { ...person, email: 'carol-marked@people.test' } });
    await eventually(() => expect(told('/full', seen.id)).toHaveLength(1), slow);
    await eventually(() => expect(told('/masked', seen.id)).toHaveLength(1), slow);
    const shown = (path: string) =>
      hooks.of(path, seen.id)[0]?.json.data.content as { shown: string; text: string };
    expect(shown('/full')).toMatchObject({ shown: 'clear' });
    expect(shown('/full').text).toContain('MARKER-marlin at dora@private.test');
    expect(shown('/masked')).toMatchObject({ shown: 'masked' });
    expect(shown('/masked').text).toContain('MARKER-marlin');
    expect(shown('/masked').text).not.toContain('dora@private.test');
    await world.vote('alice', seen, 'reject', 'MARKER-reason');
    await settled(seen.id, 12);
    const stored = JSON.stringify((await world.database.query('select * from delivery')).rows);
    expect(stored).not.toMatch(/MARKER|@|127\.0\.0|whsec_/);
  });

  test('reaches Slack as blocks with a link, and only the groups that a webhook is about', async () => {
    const held = await world.receive('a mainframe', { person: { ...person, name: '<!channel> Eve' } });
    const seen = await eventually(() => world.show(held, 'dave'), slow);
    const post = await eventually(() => {
      const found = hooks.calls.find(({ path, body }) => path === '/slack' && body.includes(seen.id));
      if (!found) throw new Error('nothing in Slack');
      return found;
    }, slow);
    expect(post.headers['webhook-signature']).toBeUndefined();
    expect(post.body).not.toContain('a mainframe');
    const { blocks } = JSON.parse(post.body) as {
      blocks: { type: string; elements?: { url: string }[]; text?: { type: string; text: string } }[];
    };
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'actions']);
    expect(blocks[1]?.text?.text).toContain('&lt;!channel&gt; Eve');
    expect(blocks[2]?.elements?.[0]?.url).toContain(`/approvals/${seen.id}`);
    await eventually(() => expect(told('/platform', seen.id)).toHaveLength(1), slow);
    await world.vote('dave', seen, 'approve');
    const other = await world.hold('a password, not for that group');
    await settled(other.id, 8);
    expect(hooks.of('/platform', other.id)).toEqual([]);
  });

  test('is told again when it was changed: to those whose votes are void as well', async () => {
    const seen = await world.hold('twofold secret');
    await world.vote('alice', seen, 'approve');
    await world.database.query(
      `update approval_vote set approver = jsonb_set(approver, '{email}', '"alice@people.test"') where approval_id = $1`,
      [seen.id],
    );
    const { digest, version } = seen;
    const edits = [{ op: 'replace', pointer: '/messages/0/content', value: 'twofold again' }];
    const edited = await world.call('bob', 'POST', `/v1/approvals/${seen.id}/edits`, {
      digest,
      version,
      edits,
    });
    expect(edited.status).toBe(200);
    await eventually(() => expect(told('/all', seen.id)).toContain('approval.edited'), slow);
    await eventually(() => expect(letters('alice@people.test', seen.id)).toHaveLength(1), slow);
    expect(mail.of('bob@people.test', seen.id)).toEqual([]);
    const [call] = hooks.of('/all', seen.id).filter((one) => typeOf(one) === 'approval.edited');
    expect(call?.json.data).toMatchObject({ version: 2, editor: { subject: 'bob' } });
  });

  test('needs a review after somebody broke the glass', async () => {
    const seen = await world.hold('a password behind glass');
    const ballot = { vote: 'approve', digest: seen.digest, version: 1, reason: 'fire', breakGlass: true };
    expect((await world.call('bob', 'POST', `/v1/approvals/${seen.id}/votes`, ballot)).status).toBe(200);
    await eventually(
      () =>
        expect(told('/all', seen.id)).toEqual([
          ...['approval.decided', 'approval.review_needed', 'approval.waiting'],
        ]),
      slow,
    );
    await eventually(
      () =>
        expect(
          mail.of('security@groups.test', seen.id).flatMap(({ headers }) => headers.subject),
        ).toContainEqual(expect.stringContaining('review needed')),
      slow,
    );
  });

  test('is one piece of news with identical ones; the next one is told when the first is taken back', async () => {
    const first = await world.hold('the same password twice');
    const second = await world.hold('the same password twice');
    expect((await world.show(first.id)).count).toBe(2);
    await settled(first.id, 8);
    expect((await world.show(second.id)).notifications).toEqual([]);
    const taken = { requestId: first.id, reason: 'requester', at: Date.now() };
    await world.ingress.publish(requestCancelled.subject(), encodeEnvelope(taken));
    await eventually(() => expect(told('/all', second.id)).toEqual(['approval.waiting']), slow);
  });
});

describe('names and addresses from tokens', () => {
  test('add no header and no receiver', async () => {
    const evil = {
      name: 'Eve\r\nBcc: all@victims.test\r\n\r\nhello',
      email: 'eve@people.test\r\nBcc: x@victims.test',
    };
    const seen = await world.hold('an evil password', { person: evil });
    const [letter] = await eventually(() => {
      const found = letters('security@groups.test', seen.id);
      expect(found).toHaveLength(1);
      return found;
    }, slow);
    expect(letter?.headers.bcc).toBeUndefined();
    expect(letter?.headers.subject).toHaveLength(1);
    await world.vote('alice', seen, 'approve');
    await settled(seen.id, 10);
    expect(mail.mails.flatMap(({ to }) => to).filter((to) => /victims|eve/.test(to))).toEqual([]);
  });
});

describe('where sending fails', () => {
  test('it is tried again with the same id after errors and silence, until it is taken', async () => {
    const answers = [500, 'silence', 429, 200] as const;
    const from = hooks.calls.filter(({ path }) => path === '/flaky').length;
    hooks.behave('/flaky', (_, count) => answers[count - from - 1] ?? 204);
    const seen = await world.hold('a password for a flaky receiver');
    await eventually(() => expect(hooks.of('/flaky', seen.id)).toHaveLength(4), slow);
    const calls = hooks.of('/flaky', seen.id);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const call of calls) expect(verified(call, newSecret)).toEqual(call.json);
    await eventually(
      async () =>
        expect(await deliveryOf(seen.id, 'flaky')).toMatchObject({ state: 'delivered', attempts: 4 }),
      slow,
    );
  });

  test('it ends after the last attempt, is shown on the approval and in metrics, and decides nothing', async () => {
    mail.refuseWith(451);
    const seen = await world.hold('a password nobody hears of');
    await eventually(
      async () =>
        expect(await deliveryOf(seen.id, 'email')).toMatchObject({
          ...{ state: 'failed', attempts: 4, lastError: 'smtp.451', audience: 'group:security' },
        }),
      slow,
    );
    mail.refuseWith(550);
    const refused = await world.hold('a password for an unknown address');
    await eventually(
      async () =>
        expect(await deliveryOf(refused.id, 'email')).toMatchObject({
          ...{ state: 'failed', attempts: 1, lastError: 'smtp.550' },
        }),
      slow,
    );
    mail.refuseWith(0);
    expect((await world.vote('alice', seen, 'approve')).status).toBe(200);
    const metrics = await (await fetch(`${world.urlOf('approval')}/metrics`)).text();
    expect(metrics).toMatch(
      /sallyport_notifications_total\{[^}]*channel="email",result="failed"[^}]*\} [1-9]/,
    );
    const again = await deliveryOf(refused.id, 'email');
    expect((await resend(again.id)).body).toMatchObject({ state: 'waiting', attempts: 0 });
    await eventually(() => expect(letters('security@groups.test', refused.id)).toHaveLength(1), slow);
    const [letter] = mail.of('security@groups.test', refused.id);
    expect(letter?.headers['message-id']).toEqual([`<${again.id}@gateway.test>`]);
  });

  test('addresses that are not public are refused at once and never called', async () => {
    const seen = await world.hold('a password for inner addresses');
    await settled(seen.id, 10);
    for (const channel of ['private', 'metadata']) {
      expect(await deliveryOf(seen.id, channel)).toMatchObject({
        ...{ state: 'failed', attempts: 1, lastError: 'address.not_public' },
      });
    }
    expect(hooks.calls.filter(({ path }) => path === '/private')).toEqual([]);
  });

  test('410 disables a webhook until somebody enables it; what it missed can be sent again', async () => {
    hooks.behave('/gone', () => 410);
    const first = await world.hold('a password for one that is gone');
    await eventually(
      async () =>
        expect(await deliveryOf(first.id, 'gone')).toMatchObject({ state: 'failed', lastError: 'http.410' }),
      slow,
    );
    hooks.behave('/gone', () => 204);
    const missed = await world.hold('a password that it misses');
    await eventually(
      async () =>
        expect(await deliveryOf(missed.id, 'gone')).toMatchObject({
          ...{ state: 'failed', attempts: 0, lastError: 'endpoint.disabled' },
        }),
      slow,
    );
    const channels = await world.call<ChannelList>('erin', 'GET', '/v1/notifications/channels');
    expect(channels.body.items.find(({ channel }) => channel === 'gone')).toMatchObject({
      state: 'disabled',
    });
    expect(JSON.stringify(channels.body)).not.toMatch(/127\.0\.0|@|whsec_/);
    const enabled = await world.call('erin', 'POST', '/v1/notifications/channels/gone/enable');
    expect([enabled.status, enabled.body]).toEqual([200, expect.objectContaining({ state: 'enabled' })]);
    const { id } = await deliveryOf(missed.id, 'gone');
    expect((await resend(id)).status).toBe(200);
    await eventually(() => expect(told('/gone', missed.id)).toHaveLength(1), slow);
    expect(hooks.of('/gone', missed.id)[0]?.headers['webhook-id']).toBe(id);
  });

  test('a receiver that does not answer delays no decision', async () => {
    hooks.behave('/stuck', () => 'silence');
    const seen = await world.hold('a password for a stuck receiver');
    await eventually(() => expect(hooks.open).toBeGreaterThan(0), slow);
    expect((await world.vote('alice', seen, 'approve')).body.state).toBe('approved');
    expect(told('/stuck', seen.id)).not.toContain('approval.decided');
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1), slow);
    hooks.behave('/stuck', () => 204);
  });
});

describe('across crashes and replicas', () => {
  test('what was committed is told although approval was killed before, and while, it was sent', async () => {
    hooks.behave('/all', () => 'silence');
    const seen = await world.hold('a password before the crash');
    await eventually(() => expect(hooks.of('/all', seen.id)).not.toEqual([]), slow);
    await world.vote('alice', seen, 'reject', 'no');
    await world.service('approval').kill();
    hooks.behave('/all', () => 204);
    await world.startService('approval');
    await eventually(
      async () => expect(await deliveryOf(seen.id, 'all')).toMatchObject({ state: 'delivered' }),
      slow,
    );
    await eventually(
      async () => expect(await deliveryOf(seen.id, 'all', 'decided')).toMatchObject({ state: 'delivered' }),
      slow,
    );
    const waiting = hooks.of('/all', seen.id).filter((call) => typeOf(call) === 'approval.waiting');
    expect(new Set(waiting.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('two replicas send everything once', async () => {
    const port = await freePort();
    first = world.service('approval');
    const second: RunningProcess = await world.startService('approval', {
      ...{ SALLYPORT_APPROVAL_PORT: String(port), SALLYPORT_INSTANCE: 'approval-2' },
    });
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, n) => world.receive(`password number ${n}`)),
    );
    for (const id of ids) {
      await eventually(() => expect(hooks.of('/all', id)).not.toEqual([]), slow);
      await settled(id, 8);
    }
    for (const id of ids) {
      expect([told('/all', id), letters('security@groups.test', id).length]).toEqual([
        ['approval.waiting'],
        1,
      ]);
      // Nobody sends besides the one who counted the attempt.
      const { attempts } = await deliveryOf(id, 'all');
      expect(hooks.of('/all', id)).toHaveLength(attempts);
    }
    await second.stop();
  });
});

describe('over HTTP', () => {
  test('the command line shows channels and deliveries, and sends again', async () => {
    const seen = await world.hold('a password for the command line');
    const { id } = await eventually(() => deliveryOf(seen.id, 'all'), slow);
    const [channels, list, resent] = await Promise.all([
      sallyport('channels'),
      sallyport('list', '--approval', seen.id, '--channel', 'all'),
      sallyport('resend', id),
    ]);
    expect(channels).toMatch(/slack +slack +none +enabled/);
    expect(channels).toMatch(/email +email +none +enabled/);
    expect(list).toMatch(new RegExp(`^${id} +waiting +all +webhook`, 'm'));
    expect(resent).toBe('It waits to be sent.\n');
  }, 120_000);

  test('admins, operators and auditors look, admins and operators act, others do neither', async () => {
    const { body } = await world.call<DeliveryList>('erin', 'GET', '/v1/notifications?limit=2&channel=all');
    expect(body.items.map(({ channel }) => channel)).toEqual(['all', 'all']);
    const next = `/v1/notifications?limit=2&channel=all&cursor=${body.next}`;
    const older = (await world.call<DeliveryList>('erin', 'GET', next)).body.items;
    expect(older.every(({ id }) => id < (body.items[1]?.id ?? ''))).toBe(true);
    const id = body.items[0]?.id ?? '';
    for (const [method, path] of [
      ['GET', '/v1/notifications'],
      ['GET', '/v1/notifications/channels'],
      ['POST', '/v1/notifications/channels/all/enable'],
      ['POST', `/v1/notifications/${id}/resend`],
    ] as const) {
      expect([path, (await world.call('alice', method, path)).status]).toEqual([path, 403]);
      expect([path, (await world.call('erin', method, path)).status]).toEqual([path, 200]);
    }
    expect((await resend('msg_unknown')).status).toBe(404);
    expect((await world.call('erin', 'POST', '/v1/notifications/channels/unknown/enable')).status).toBe(404);
  });
});
