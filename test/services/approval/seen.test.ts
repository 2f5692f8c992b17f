import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ApprovalDetail,
  type ApprovalList,
  type ApprovalStats,
  contentRead,
  contentRevealed,
  encodeEnvelope,
  requestCancelled,
  requestJustified,
} from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { type ApprovalWorld, codeOf, newRequestId, releaseOf, startApprovalWorld } from './approval-world.ts';

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld();
});
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

const release = (id: string) => releaseOf(world, id);
const post = <T = ApprovalDetail>(user: string, id: string, verb: string, body: object) =>
  world.call<T>(user, 'POST', `/v1/approvals/${id}/${verb}`, body);

describe('the requester', () => {
  test('can cancel, also before the request is taken in', async () => {
    const seen = await world.hold('cancel this password');
    const early = newRequestId();
    for (const requestId of [seen.id, early]) {
      const head = { requestId, reason: 'requester', at: Date.now() };
      await world.ingress.publish(requestCancelled.subject(), encodeEnvelope(head));
    }
    expect((await world.completion(seen.id)).head).toMatchObject({
      outcome: 'cancelled',
      code: 'approval.cancelled',
    });
    await eventually(async () => {
      const { rows } = await world.database.query('select 1 from early_end where request_id = $1', [early]);
      expect(rows).toHaveLength(1);
    });
    await world.receive('cancelled password', { requestId: early });
    expect((await world.completion(early)).head.outcome).toBe('cancelled');
  });

  test('can say why, which approvers read', async () => {
    const seen = await world.hold('a password, justified');
    const subjectKey = (
      await world.database.query('select subject_key from approval_request where id = $1', [seen.id])
    ).rows[0].subject_key;
    const text = Buffer.from(JSON.stringify({ justification: 'the server is down' }));
    const sealed = await world.sealer.seal(subjectKey, contentLabel(seen.id, 'justification'), text);
    const principal = { ...seen.requester, kind: 'person', groups: [] };
    const head = { requestId: seen.id, principal, subjectKey, at: Date.now() };
    await world.ingress.publish(requestJustified.subject(), encodeEnvelope(head, sealed));
    await eventually(async () => {
      const { history } = await world.show(seen.id);
      expect(history).toContainEqual(
        expect.objectContaining({ kind: 'justified', text: 'the server is down' }),
      );
    });
  });
});

describe('what approvers see', () => {
  test('is complete, with matches marked and invisible characters shown', async () => {
    const text = 'the pass\u200bword\u202e and \u001b[31m\u{e0041} more';
    const seen = await world.hold(text);
    // A list tells them apart by what was found, in the rules' words.
    expect(seen.found).toEqual(['keyword "password"']);
    const { items } = await world.list('?sort=newest&limit=50');
    expect(items.find(({ id }) => id === seen.id)?.found).toEqual(seen.found);
    const [part] = seen.content.parts;
    const segments = part?.items.find(({ pointer }) => pointer === '/messages/0/content')?.segments ?? [];
    expect(segments.map((segment) => segment.text).join('')).toBe(text);
    expect(segments.map(({ invisible }) => invisible).filter(Boolean)).toEqual([
      ...['U+200B ZERO WIDTH SPACE', 'U+202E RIGHT-TO-LEFT OVERRIDE', 'U+001B ESCAPE', 'U+E0041 TAG A'],
    ]);
    expect(segments.filter(({ rules }) => rules?.includes('secrets')).map((segment) => segment.text)).toEqual(
      [...['pass', '\u200b', 'word']],
    );
  });

  test('shows what is new in a conversation first', async () => {
    const first = await world.hold('password turn');
    await world.vote('alice', first, 'approve');
    const earlier = { role: 'user', content: 'password turn' };
    const body = {
      messages: [
        earlier,
        { role: 'assistant', content: 'ok' },
        { role: 'user', content: 'another password' },
      ],
    };
    const seen = await eventually(async () => {
      const detail = await world.hold('', { body });
      expect(detail.conversation.newSinceTurn).toBe(2);
      return detail;
    });
    expect(
      seen.content.parts.filter(({ kind }) => kind === 'turn').map(({ index, isNew }) => [index, isNew]),
    ).toEqual([
      ...[
        [2, true],
        [3, true],
        [1, false],
      ],
    ]);
  });

  test('is recorded when someone reads who does not decide, and when it is revealed', async () => {
    const seen = await world.hold('a password to read');
    await world.show(seen.id, 'erin');
    await post('alice', seen.id, 'reveal', { reason: 'incident 7' });
    await eventually(async () => {
      const [read] = await world.events(contentRead, seen.id);
      expect(read?.head.reader.subject).toBe('erin');
      const [revealed] = await world.events(contentRevealed, seen.id);
      expect(revealed?.head).toMatchObject({ reader: { subject: 'alice' }, digest: seen.digest });
    });
  });

  test('counts identical live requests of one person on one card, and decides them together', async () => {
    const seen = await world.hold('the very same password');
    const mark = await world.mark(seen.id);
    const twin = await world.receive('the very same password');
    await eventually(async () => expect((await world.show(seen.id)).count).toBe(2));
    // A vote by who saw it alone is decided anew.
    expect(await world.mark(seen.id)).not.toBe(mark);
    expect((await world.list('?limit=200')).items.map(({ id }) => id)).not.toContain(twin);
    await world.vote('alice', seen, 'approve');
    await release(twin);
    await release(seen.id);
  });

  test('shows what the caller wrote into the address, and no other address stands on its card', async () => {
    const plain = await world.hold('a password for one address');
    const other = await world.hold('a password for one address', { query: 'tone=password' });
    const address = other.content.parts.find(({ kind }) => kind === 'address');
    expect(address?.items[0]?.segments.map(({ text }) => text).join('')).toBe('tone=password');
    expect(plain.content.parts.some(({ kind }) => kind === 'address')).toBe(false);
    expect((await world.show(plain.id)).count).toBe(1);
    await world.vote('alice', plain, 'approve');
    expect((await world.show(other.id)).state).toBe('pending');
  });

  test('pages without gaps or repetitions while more comes in', async () => {
    const known = new Set<string>();
    const wanted = [];
    for (let index = 0; index < 5; index++) wanted.push((await world.hold(`page password ${index}`)).id);
    let cursor: string | undefined;
    do {
      const page = await world.list(`?limit=2&sort=newest${cursor ? `&cursor=${cursor}` : ''}`);
      for (const { id } of page.items) {
        expect(known.has(id)).toBe(false);
        known.add(id);
      }
      if (known.size < 4) await world.hold(`later password ${known.size}`);
      cursor = page.next;
    } while (cursor);
    for (const id of wanted) expect(known.has(id)).toBe(true);
    expect(codeOf(await world.call('alice', 'GET', '/v1/approvals?cursor=nonsense'))).toEqual([
      400,
      'request.invalid',
    ]);
  });

  test('is announced live to those who may see it', async () => {
    const ending = new AbortController();
    const heard: Record<string, string> = { alice: '', dave: '' };
    const follow = async (user: string): Promise<void> => {
      const response = await fetch(`${world.urlOf('approval')}/v1/approvals/events`, {
        headers: { authorization: `Bearer ${await world.tokenFor(user)}` },
        signal: ending.signal,
      });
      const read = async (): Promise<void> => {
        for await (const chunk of response.body!) heard[user] += Buffer.from(chunk).toString();
      };
      read().catch(() => undefined);
    };
    await Promise.all([follow('alice'), follow('dave')]);
    const seen = await world.hold('announce this password');
    const other = await world.receive('announce this mainframe');
    await eventually(() => {
      expect(heard.alice).toContain(seen.id);
      expect(heard.dave).toContain(other);
    });
    expect(heard.alice).toMatch(/event: changed\n/);
    expect(heard.alice).not.toContain(other);
    expect(heard.dave).not.toContain(seen.id);
    ending.abort();
  });

  test('adds up in the statistics', async () => {
    const { body } = await world.call<ApprovalStats>('alice', 'GET', '/v1/approvals/stats');
    const rule = body.rules.find(({ rule }) => rule === 'secrets');
    expect(rule?.decided).toBeGreaterThan(2);
    expect(rule?.p50Ms).toBeLessThanOrEqual(rule?.p95Ms ?? 0);
    const waits = await world.call<ApprovalList>('alice', 'GET', '/v1/approvals?rule=secrets&sort=oldest');
    expect(rule?.oldestPendingMs === null).toBe(waits.body.items.length === 0);
    const alice = body.approvers.find(({ approver }) => approver.subject === 'alice');
    const { rows: votes } = await world.database.query<{ took: number; vote: string }>(
      `select vote, extract(epoch from vote.at - request.requested_at)::float * 1000 as took
       from approval_vote vote join approval_request request on request.id = vote.approval_id
       where vote.subject = 'alice' order by took`,
    );
    expect(alice).toMatchObject({
      votes: votes.length,
      approved: votes.filter(({ vote }) => vote === 'approve').length,
      underFiveSeconds: votes.filter(({ took }) => took < 5000).length / votes.length,
    });
    expect(alice?.p50Ms).toBeGreaterThanOrEqual(votes[0]?.took ?? 0);
    expect(alice?.p95Ms).toBeLessThanOrEqual(votes.at(-1)?.took ?? 0);
  });
});
