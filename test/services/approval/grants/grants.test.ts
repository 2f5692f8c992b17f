import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approvalDecided, type GrantList, type GrantView, grantUsed } from '#contracts';
import { eventually } from '#testing';
import { type HoldOptions, releasesOf } from '../approval-world.ts';
import {
  activate,
  approve,
  closeWorld,
  codeOf,
  fate,
  fateOf,
  granted,
  grantOf,
  openWorld,
  revoke,
  sallyport,
  slow,
  world,
} from './one-world.ts';

beforeAll(openWorld, 180_000);
afterAll(closeWorld);

describe('a grant', () => {
  test('lets the same shape through with other numbers, by a release that people signed, and says whose it is', async () => {
    const grant = await granted('the password of server 12?', { forMs: 3_600_000 });
    const id = await world.receive('the password of server 4711?');
    expect(await fate(id)).toBe('granted');
    const [released] = await releasesOf(world, id);
    expect(released!.subject).toBe('evt.request.released.v1.people.demo');
    expect(world.verifier.verify(released!.head.terms, released!.head.signature)).toBe(true);
    const [used] = await world.events(grantUsed, id);
    expect(used!.head).toMatchObject({ grant: grant.id, use: 1, authors: [{ subject: 'alice' }] });
    const shown = await world.show(id);
    expect(shown.history).toContainEqual(
      expect.objectContaining({
        kind: 'granted',
        what: grant.id,
        actor: expect.objectContaining({ subject: 'alice' }),
      }),
    );
    expect((await grantOf(grant.id)).body).toMatchObject({
      state: 'live',
      used: 1,
      rules: ['secrets', 'all'],
    });
  });

  test('is bound to its requester, connection, model, parameters, system text, words and turns', async () => {
    const body = (content: string, rest: object = {}) => ({ messages: [{ role: 'user', content }], ...rest });
    await granted('list password 1', { forMs: 3_600_000 }, { body: body('list password 1', { seed: 7 }) });
    const same = body('list password 2', { seed: 7 });
    expect(await fateOf('', { body: same })).toBe('granted');
    expect(await fateOf('', { body: { ...same, stream: true } })).toBe('granted');
    for (const [what, options] of Object.entries({
      requester: { user: 'dave', body: same },
      connection: { connection: 'other', body: same },
      model: { body: { ...same, model: 'demo-2' } },
      parameters: { body: { ...same, seed: 8 } },
      tools: { body: { ...same, tools: [{ type: 'function', function: { name: 'send' } }] } },
      words: { body: body('list every password 2', { seed: 7 }) },
      'digits in words': { body: body('l1st password 2', { seed: 7 }) },
      'another turn': {
        body: { seed: 7, messages: [{ role: 'user', content: 'first this' }, ...same.messages] },
      },
      role: { body: { seed: 7, messages: [{ role: 'system', content: 'list password 2' }] } },
    })) {
      expect([what, await fateOf('', options)]).toEqual([what, 'waits']);
    }
  });

  test('is bound to its rules: another one that holds as well, or a changed one, needs people', async () => {
    await granted('rename password 1', { forMs: 3_600_000 });
    expect(await fateOf('rename password 2')).toBe('granted');
    expect(await fateOf('rename password 2 twofold')).toBe('waits');
    await activate('"password"', '"password","passphrase"');
    expect(await fateOf('rename password 3')).toBe('waits');
  });

  test('never beats a deny', async () => {
    await granted('mix password 1', { forMs: 3_600_000 });
    expect(await fateOf('mix password 1 plutonium')).toBe('denied');
  });

  test('is used exactly as often as it says, however many ask at once of two policies and two approvals', async () => {
    const grant = await granted('count password 0', { uses: 5 });
    const asked = Array.from({ length: 14 }, (_, i) => world.receive(`count password ${i + 1}`));
    const fates = await Promise.all((await Promise.all(asked)).map(fate));
    expect(fates.filter((one) => one === 'granted')).toHaveLength(5);
    expect(fates.filter((one) => one === 'waits')).toHaveLength(9);
    expect((await grantOf(grant.id)).body).toMatchObject({ state: 'ended', ending: 'used_up', used: 5 });
  }, 60_000);

  test('that is taken back is not used from then on, and who may not is told so', async () => {
    const grant = await granted('take password 1', { forMs: 3_600_000 });
    expect((await revoke(grant.id, 'carol')).status).toBe(404);
    expect((await revoke(grant.id, 'bob')).body).toMatchObject({
      ...{ state: 'ended', ending: 'revoked', endedBy: { subject: 'bob' } },
    });
    expect(await fateOf('take password 2')).toBe('waits');
    const changes = (await world.events(approvalDecided, grant.approvalId)).flatMap(({ head }) =>
      head.kind === 'grant' ? [head] : [],
    );
    expect(changes.map(({ change }) => change)).toEqual(['asked', 'granted', 'ended']);
    expect(changes[2]).toMatchObject({ ending: 'revoked', by: { subject: 'bob' } });
  });

  test('ends with its time', async () => {
    const grant = await granted('wait password 1', { forMs: 3_600_000 });
    await world.database.query(`update approval_grant set expires_at = now() where id = $1`, [grant.id]);
    expect(await fateOf('wait password 2')).toBe('waits');
    await eventually(async () =>
      expect((await grantOf(grant.id)).body).toMatchObject({ state: 'ended', ending: 'expired' }),
    );
    const last = await eventually(async () => {
      const heads = (await world.events(approvalDecided, grant.approvalId)).map(({ head }) => head);
      expect(heads.at(-1)).toMatchObject({ kind: 'grant', change: 'ended' });
      return heads.at(-1);
    });
    expect(last).toMatchObject({ ending: 'expired' });
  });

  test('ends where its author may not approve any more', async () => {
    const grant = await granted('ask by name 1', { forMs: 3_600_000 });
    expect(await fateOf('ask by name 2')).toBe('granted');
    await activate('"members":["alice","bob"]', '"members":["bob"]');
    expect(await fateOf('ask by name 3')).toBe('waits');
    expect((await grantOf(grant.id, 'erin')).body).toMatchObject({
      state: 'ended',
      ending: 'author_excluded',
    });
  });

  test('needs as many people as the rule, and is limited by the strictest of them', async () => {
    const seen = await world.hold('move twofold 1');
    const marks = [await world.mark(seen.id)];
    await approve('alice', seen);
    marks.push(await world.mark(seen.id));
    await world.call('alice', 'POST', `/v1/approvals/${seen.id}/grants`, {
      ...{ digest: seen.digest, version: seen.version, grant: { uses: 10 } },
    });
    marks.push(await world.mark(seen.id));
    // Who looked before a vote or the wish for a grant decides anew.
    expect(new Set(marks).size).toBe(3);
    const { body } = await approve('bob', seen);
    expect(body.state).toBe('approved');
    expect(await fateOf('move twofold 2')).toBe('waits');
    const ask = { digest: seen.digest, version: seen.version, grant: { uses: 1, forMs: 600_000 } };
    const joined = await world.call<GrantView>('bob', 'POST', `/v1/approvals/${seen.id}/grants`, ask);
    expect(joined.body).toMatchObject({
      state: 'live',
      uses: 1,
      authors: [{ subject: 'alice' }, { subject: 'bob' }],
    });
    expect(await fateOf('move twofold 3')).toBe('granted');
    expect(await fateOf('move twofold 4')).toBe('waits');
  });

  test('of a conversation reaches no further, and what it let through is held again once it is taken back', async () => {
    const turn = (...contents: string[]): HoldOptions => ({
      conversation: 'talk-1',
      body: {
        messages: contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
      },
    });
    const first = 'read password 1';
    const grant = await granted('', { conversation: true }, turn(first));
    const second = turn(first, 'It is gone.', 'read password 2');
    expect(await fateOf('', second)).toBe('granted');
    expect(await fateOf('', turn(first, 'It is gone.', 'read every password'))).toBe('waits');
    expect(
      await fateOf('', {
        ...second,
        conversation: 'talk-2',
        body: { messages: [{ role: 'user', content: 'read password 3' }] },
      }),
    ).toBe('waits');
    await revoke(grant.id);
    await eventually(async () => {
      const third = turn(first, 'It is gone.', 'read password 2', 'Gone as well.', 'thank you');
      expect(await fateOf('', third)).toBe('waits');
    }, slow);
  }, 60_000);
});

describe('no grant', () => {
  test('is given by the requester, by who breaks the glass, with a rejection, or under a rule that wants none', async () => {
    const seen = await world.hold('keep password 1', { user: 'bob' });
    expect(codeOf(await approve('bob', seen, { uses: 2 }))).toBe('approval.requester_excluded');
    const odd = await approve('alice', seen, { uses: 2 }, { breakGlass: true, reason: 'now' });
    expect([odd.status, codeOf(odd)]).toEqual([400, 'request.invalid']);
    const no = await approve('alice', seen, { uses: 2 }, { vote: 'reject', reason: 'no' });
    expect([no.status, codeOf(no)]).toEqual([400, 'request.invalid']);
    const single = await world.hold('a singular 1');
    expect(codeOf(await approve('alice', single, { uses: 2 }))).toBe('approval.not_grantable');
    expect((await world.show(single.id)).state).toBe('pending');
  });

  test('is for more than a day, or for nothing', async () => {
    const seen = await world.hold('stretch password 1');
    expect((await approve('alice', seen, { forMs: 25 * 3_600_000 })).status).toBe(400);
    expect((await approve('alice', seen, {})).status).toBe(400);
  });
});

test('sallyport: approve --grant, grants list and revoke; audit show names the grant and its author', async () => {
  const seen = await world.hold('command password 1');
  await sallyport('alice', 'approvals', 'approve', seen.id, '--grant', '1h,3');
  const { items } = JSON.parse(await sallyport('alice', 'grants', 'list', '--json')) as GrantList;
  const grant = items.find(({ approvalId }) => approvalId === seen.id)!;
  expect(grant).toMatchObject({ state: 'live', uses: 3, used: 0 });
  const id = await world.receive('command password 2');
  expect(await fate(id)).toBe('granted');
  await eventually(async () => {
    const shown = await sallyport('erin', 'audit', 'show', id);
    expect(shown).toMatch(new RegExp(`grant\\.used +released on ${grant.id}, use 1 \\(\\S*alice`, 'i'));
  }, slow);
  expect(await sallyport('alice', 'grants', 'revoke', grant.id, '--reason', 'done')).toContain(
    'ended: revoked',
  );
}, 180_000);
