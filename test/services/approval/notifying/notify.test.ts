import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeEnvelope, requestCancelled } from '#contracts';
import { eventually } from '#testing';
import {
  closeWorld,
  hooks,
  letters,
  mail,
  newSecret,
  oldSecret,
  openWorld,
  person,
  secretOf,
  settled,
  slow,
  told,
  typeOf,
  world,
} from './notify-world.ts';
import { type Call, plainText, verified } from './receivers.ts';

beforeAll(openWorld, 120_000);
afterAll(closeWorld);

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
