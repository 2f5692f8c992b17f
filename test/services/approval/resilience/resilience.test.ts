import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApprovalDetail } from '#contracts';
import { freePort, type RunningProcess } from '#embedded';
import { eventually, runSallyport } from '#testing';
import { detailText } from '../../../../cli/approvals/text.ts';
import { detailPage } from '../../../../services/approval/page/views/request/detail-view.ts';
import { releasesOf } from '../approval-world.ts';
import { expectOneOutcome } from './one-outcome.ts';
import { closeWorld, openWorld, restart, slow, world } from './one-world.ts';
import './sequences.cases.ts';

beforeAll(openWorld);
afterAll(closeWorld);

/** What an approver's browser gets. */
const pageOf = (detail: ApprovalDetail): string => {
  const person = { kind: 'person' as const, issuer: world.idp.issuer, subject: 'bob', groups: [], roles: [] };
  return detailPage({ viewer: { person, formToken: '' }, detail, now: Date.now() });
};

describe('after a kill', () => {
  test('a vote that was counted is released once, though the broker was away when it was cast', async () => {
    const seen = await world.hold('a password before the crash');
    await world.stopNats('kill');
    const { status } = await world.vote('alice', seen, 'approve');
    expect(status).toBe(200);
    await world.service('approval').kill();
    await world.startNatsAgain();
    await world.startService('approval');
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1), slow);
    await restart();
    await world.until(seen.id, 'approved');
    expect(await releasesOf(world, seen.id)).toHaveLength(1);
  });

  test('a deadline that passed meanwhile is applied after the start, and is never a release', async () => {
    const seen = await world.hold('hurry up');
    await world.service('approval').kill();
    await eventually(() => expect(Date.now()).toBeGreaterThan(seen.expiresAt));
    await world.startService('approval');
    const { head } = await world.completion(seen.id);
    expect(head).toMatchObject({ outcome: 'expired', status: 403, code: 'approval.expired' });
    expect((await world.vote('alice', seen, 'approve')).status).toBe(409);
    expect(await releasesOf(world, seen.id)).toEqual([]);
  });

  test('what was held while approval was down is taken in', async () => {
    await world.service('approval').kill();
    const id = await world.receive('a password for nobody yet');
    await world.startService('approval');
    await eventually(() => world.show(id), slow);
  });
});

describe('without the broker for longer than keys are remembered', () => {
  test('a vote counts, and its answer has everything but the content, which is named unavailable', async () => {
    const first = await world.hold('a password that is changed');
    const edit = { digest: first.digest, version: 1, approve: false, reason: 'say less' };
    const edits = [{ op: 'replace', pointer: '/messages/0/content', value: 'another password' }];
    await world.call('alice', 'POST', `/v1/approvals/${first.id}/edits`, { ...edit, edits });
    const { id } = await eventually(async () => {
      const edited = await world.show(first.id);
      expect(edited).toMatchObject({ state: 'pending', version: 2 });
      return edited;
    }, slow);
    const unasked = await world.hold('another password, approved blindly');
    await world.stopNats('kill');
    const closed = await eventually(async () => {
      const shown = await world.show(id);
      expect(shown.content.shown).toBe('unavailable');
      return shown;
    }, slow);
    expect((await world.list()).items.map((item) => item.id)).toContain(id);
    expect(pageOf(closed)).toContain("What isn't shown can't be approved.");
    const blind = await runSallyport(world, 'bob', 'approvals', 'approve', unasked.id);
    expect([blind.code, blind.error]).toEqual([1, expect.stringContaining('service.unavailable')]);

    const { status, body } = await world.vote('bob', closed, 'approve');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'approved',
      content: { shown: 'unavailable', bytes: closed.content.bytes, parts: [] },
      edits: [{ version: 2, differences: [], unreadable: 'unavailable' }],
    });
    expect(body.history).toContainEqual(
      expect.objectContaining({ kind: 'edited', text: null, unreadable: 'unavailable' }),
    );
    for (const shown of [pageOf(body), detailText(body, Date.now())]) {
      expect(shown).toMatch(/content can(’|'|&#39;)t be opened right now|It can&#39;t be opened right now/i);
      expect(shown).toMatch(/\(can('|&#39;)t be opened right now\)/);
      expect(shown).not.toContain('erased');
    }

    await world.startNatsAgain();
    await eventually(async () => {
      const shown = await world.show(id);
      expect(shown.content.shown).toBe('clear');
      expect(shown.edits).toMatchObject([{ differences: [{ after: 'another password' }] }]);
      expect(shown.history).toContainEqual(expect.objectContaining({ kind: 'edited', text: 'say less' }));
    }, slow);
    await eventually(async () => expect(await releasesOf(world, id)).toHaveLength(1), slow);
    expect((await world.show(unasked.id)).state).toBe('pending');
  });
});

describe('without Postgres', () => {
  test('votes are told to come back, and what arrives meanwhile waits without counting a delivery', async () => {
    const seen = await world.hold('a password without a database');
    await world.stopPostgres();
    const refused = await world.vote('alice', seen, 'approve');
    expect([refused.status, (refused.body as unknown as { error: { code: string } }).error.code]).toEqual([
      ...[503, 'service.unavailable'],
    ]);
    const meanwhile = await world.receive('another password without a database');
    await world.startPostgresAgain();
    await eventually(() => world.show(meanwhile), slow);
    expect((await world.vote('alice', seen, 'approve')).status).toBe(200);
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1), slow);
  });
});

describe('two replicas', () => {
  let second: RunningProcess;
  let first: RunningProcess;
  let port: number;
  beforeAll(async () => {
    first = world.service('approval');
    port = await freePort();
    second = await world.startService('approval', {
      SALLYPORT_APPROVAL_PORT: String(port),
      SALLYPORT_INSTANCE: 'approval-2',
    });
    const ready = async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    await eventually(ready, slow);
  });
  afterAll(async () => {
    await first.stop();
    await second.stop();
    await world.startService('approval');
  });

  test('50 votes at once on both of them lead to one outcome', async () => {
    const seen = await world.hold('two replicas and a password');
    const urls = [world.urlOf('approval'), `http://127.0.0.1:${port}`];
    const tokens = { alice: await world.tokenFor('alice'), bob: await world.tokenFor('bob') };
    const votes = Array.from({ length: 50 }, (_, index) => ({
      url: urls[index % 2],
      token: index % 4 < 2 ? tokens.alice : tokens.bob,
      vote: index % 3 === 0 ? 'reject' : 'approve',
    }));
    const statuses = await Promise.all(
      votes.map(async ({ url, token, vote }) => {
        const body = { vote, digest: seen.digest, version: seen.version, reason: 'at once' };
        const response = await fetch(`${url}/v1/approvals/${seen.id}/votes`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    await expectOneOutcome(seen.id);
  });

  test('a kill of the one that relays leaves nothing unsaid', async () => {
    const seen = await Promise.all(
      Array.from({ length: 10 }, (_, index) => world.hold(`relay password ${index}`)),
    );
    await Promise.all(seen.map((detail) => world.vote('alice', detail, 'approve')));
    await first.kill();
    for (const { id } of seen) {
      await eventually(async () => expect(await releasesOf(world, id)).toHaveLength(1), slow);
    }
  });
});
