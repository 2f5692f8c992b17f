import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApprovalDetail, approvalDecided } from '#contracts';
import { freePort, type RunningProcess } from '#embedded';
import { eventually } from '#testing';
import { stepsOf, waited } from '../../../services/approval/reminding/steps-of.ts';
import { type ApprovalWorld, releasesOf, startApprovalWorld } from './approval-world.ts';

const rules = [
  { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
  {
    ...{ name: 'pairs', prompt: { keywords: ['password'] }, effect: 'hold' },
    approval: {
      all: { security: 2 },
      reminders: ['1s', '2s'],
      escalate: [{ after: '1s', to: 'leads' }],
      expiresIn: '1h',
    },
  },
  {
    ...{ name: 'patient', prompt: { keywords: ['customer data'] }, effect: 'hold' },
    approval: { all: { security: 2 }, escalate: [{ after: '1h', to: 'leads' }], expiresIn: '2h' },
  },
];

let world: ApprovalWorld;
let replicas: RunningProcess[] = [];
let port: number;

async function start(): Promise<void> {
  const second = { SALLYPORT_APPROVAL_PORT: String(port), SALLYPORT_INSTANCE: 'approval-2' };
  // The one on the world's port first: that is where readiness is asked for.
  const first = await world.startService('approval');
  replicas = [first, await world.startService('approval', second)];
}

beforeAll(async () => {
  port = await freePort();
  world = await startApprovalWorld({
    rules,
    approvals: { groups: { security: { claim: 'security' }, leads: { members: ['dave'] } } },
  });
  await world.service('approval').stop();
  await start();
}, 180_000);
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await world?.database.end().catch(() => undefined);
  await world?.stop();
});

const kinds = ({ history }: ApprovalDetail, ...wanted: string[]) =>
  history.filter(({ kind }) => wanted.includes(kind)).map(({ kind, what }) => [kind, what]);
const escalated = (id: string): Promise<ApprovalDetail> =>
  eventually(async () => {
    const shown = await world.show(id, 'erin');
    expect(kinds(shown, 'reminded')).toHaveLength(2);
    expect(kinds(shown, 'escalated')).toEqual([['escalated', 'leads']]);
    return shown;
  });

describe('nobody decides in time', () => {
  test('those it would be escalated to do not see it before', async () => {
    const seen = await world.hold('customer data for two');
    expect((await world.vote('dave', seen, 'approve')).status).toBe(404);
  });

  test('the groups are told again and others may decide as well, once over two replicas; as many as before', async () => {
    const seen = await world.hold('a password for two');
    const shown = await escalated(seen.id);
    expect(shown.escalatedTo).toEqual(['leads']);
    expect(shown.groups).toEqual([{ group: 'security', quorum: 2, approved: 0 }]);
    expect((await world.vote('dave', shown, 'approve')).body.state).toBe('pending');
    expect((await world.vote('dave', shown, 'approve')).body.state).toBe('pending');
    expect((await world.vote('alice', shown, 'approve')).body.state).toBe('approved');
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1));
    const heads = (await world.events(approvalDecided, seen.id)).map(({ head }) => head);
    expect(heads.filter(({ kind }) => kind === 'escalated')).toMatchObject([{ to: 'leads' }]);
    expect(heads.find(({ kind }) => kind === 'vote')).toMatchObject({
      groups: ['security'],
      through: ['leads'],
    });
  });

  test('who it was escalated to approves one request, and no grant', async () => {
    const shown = await escalated((await world.hold('a password and a grant 1')).id);
    const { digest, version, id } = shown;
    const body = { vote: 'approve', digest, version, grant: { uses: 2 } };
    const refused = await world.call('dave', 'POST', `/v1/approvals/${id}/votes`, body);
    expect(refused.body).toMatchObject({ error: { code: 'approval.not_in_group' } });
    expect((await world.vote('dave', shown, 'approve')).status).toBe(200);
  });

  test('what was due while everything was down happens after the start, once', async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    const id = await world.receive('a password while all are down');
    const sentAt = Date.now();
    await eventually(() => expect(Date.now()).toBeGreaterThan(sentAt + 2500));
    await start();
    const shown = await escalated(id);
    await Promise.all(replicas.map((replica) => replica.kill()));
    await start();
    expect(kinds(await world.show(id, 'erin'), 'reminded', 'escalated')).toEqual(
      kinds(shown, 'reminded', 'escalated'),
    );
  }, 60_000);

  test('of an edited request the groups it was escalated to still decide', async () => {
    const shown = await escalated((await world.hold('a password to edit')).id);
    const { digest, version, id } = shown;
    const edits = [{ op: 'replace', pointer: '/messages/0/content', value: 'another password' }];
    await world.call('dave', 'POST', `/v1/approvals/${id}/edits`, { digest, version, edits });
    const again = await world.until(id, 'pending');
    expect(again).toMatchObject({ version: 2, escalatedTo: ['leads'] });
    expect((await world.vote('dave', again, 'approve')).status).toBe(200);
    expect((await world.vote('bob', again, 'approve')).body.state).toBe('approved');
    expect(kinds(await world.show(id), 'escalated')).toHaveLength(1);
  });
});

describe('steps', () => {
  const times = { requestedAt: 1000, expiresAt: 10_000, after: 0, escalatedTo: [] };
  const at = (ms: number) => new Date(ms);

  test('come in order, and not after the time is over', () => {
    const asked = { reminders: [3000, 9500], escalate: [{ afterMs: 2000, to: 'leads' }] };
    expect(stepsOf(asked, times)).toEqual([
      { kind: 'escalate', toGroup: 'leads', dueAt: at(3000) },
      { kind: 'remind', toGroup: null, dueAt: at(4000) },
    ]);
  });

  test('are not repeated when a request is held again', () => {
    const asked = { reminders: [3000, 8000], escalate: [{ afterMs: 2000, to: 'leads' }] };
    expect(stepsOf(asked, { ...times, after: 5000, escalatedTo: ['leads'] })).toEqual([
      { kind: 'remind', toGroup: null, dueAt: at(9000) },
    ]);
  });

  test('say how long it waited', () => {
    expect([90_000, 600_000, 7_200_000].map(waited)).toEqual(['90s', '10m', '2h']);
  });
});
