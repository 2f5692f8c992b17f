import { expect } from '@jest/globals';
import {
  type ApprovalDetail,
  type GrantAsked,
  type GrantList,
  type GrantView,
  type RevisionDetail,
  requestCompleted,
} from '#contracts';
import { freePort, type RunningProcess } from '#embedded';
import { eventually, runSallyport } from '#testing';
import { changed, policyApi } from '../../policy/policy-world.ts';
import { type ApprovalWorld, type HoldOptions, releasesOf, startApprovalWorld } from '../approval-world.ts';

const hold = (name: string, keyword: string, approval: object) => ({
  ...{ name, prompt: { keywords: [keyword] }, effect: 'hold', approval },
});
const rules = [
  { name: 'all', match: { connections: ['*'] }, effect: 'allow' },
  hold('secrets', 'password', { all: { security: 1 } }),
  hold('pairs', 'twofold', { all: { security: 2 } }),
  hold('singles', 'singular', { all: { security: 1 }, grants: false }),
  hold('named', 'by name', { all: { named: 1 } }),
  { name: 'never', prompt: { keywords: ['plutonium'] }, effect: 'deny' },
];
const groups = { security: { claim: 'security' }, named: { members: ['alice', 'bob'] } };

/** Two policies and two approvals. */
export let world: ApprovalWorld;
let secondPolicy: RunningProcess;
let secondApproval: RunningProcess;
let stopFirst: () => Promise<void> = async () => undefined;

export async function openWorld(): Promise<void> {
  world = await startApprovalWorld({
    ...{ rules, approvals: { groups } },
    connections: (baseUrl) => ({ other: { baseUrl, models: ['demo', 'demo-2'] } }),
  });
  const second = async (service: 'policy' | 'approval') =>
    world.startService(service, {
      [`SALLYPORT_${service.toUpperCase()}_PORT`]: String(await freePort()),
      SALLYPORT_INSTANCE: `${service}-2`,
    });
  const first = [world.service('policy'), world.service('approval')] as const;
  [secondPolicy, secondApproval] = await Promise.all([
    second('policy'),
    second('approval'),
    world.startService('audit'),
  ]);
  stopFirst = async () => void (await Promise.all(first.map((process) => process.stop())));
}

export async function closeWorld(): Promise<void> {
  await stopFirst();
  await Promise.all([secondPolicy?.stop(), secondApproval?.stop()]);
  await world?.database.end().catch(() => undefined);
  await world?.stop();
}

export const slow = { timeoutMs: 30_000 };
export const grantOf = (id: string, user = 'alice') => world.call<GrantView>(user, 'GET', `/v1/grants/${id}`);
export const revoke = (id: string, user = 'alice') =>
  world.call<GrantView>(user, 'POST', `/v1/grants/${id}/revoke`, { reason: 'enough' });
export const codeOf = ({ body }: { body: unknown }): string =>
  (body as { error: { code: string } }).error.code;

export function approve(user: string, seen: ApprovalDetail, grant?: GrantAsked, more: object = {}) {
  const { id, digest, version } = seen;
  const body = { vote: 'approve', digest, version, ...(grant && { grant }), ...more };
  return world.call(user, 'POST', `/v1/approvals/${id}/votes`, body);
}

/** Holds a text, approves it with a grant, and returns the grant. */
export async function granted(
  text: string,
  grant: GrantAsked,
  options: HoldOptions = {},
): Promise<GrantView> {
  const seen = await world.hold(text, options);
  const { status, body } = await approve('alice', seen, grant);
  expect([status, body.state]).toEqual([200, 'approved']);
  const { body: list } = await world.call<GrantList>('alice', 'GET', '/v1/grants');
  const made = list.items.find(({ approvalId }) => approvalId === seen.id);
  expect(made?.state).toBe('live');
  return made!;
}

/** What became of a request: `granted`, `waits`, or `denied`. */
export async function fateOf(text: string, options: HoldOptions = {}): Promise<string> {
  const id = await world.receive(text, options);
  return fate(id);
}
export const fate = (id: string): Promise<string> =>
  eventually(async () => {
    const ended = await world.events(requestCompleted, id);
    if (ended.length > 0) return 'denied';
    const { state } = await world.show(id, 'erin');
    if (state === 'pending') return 'waits';
    expect(await releasesOf(world, id)).toHaveLength(1);
    return 'granted';
  }, slow);

/** Puts another revision in force, on every replica. */
export async function activate(from: string, to: string): Promise<void> {
  const files = await changed(world, from, to);
  expect(files[0]!.text).toContain(to);
  const { body } = await policyApi(world, 'erin', '/v1/revisions', { files, message: 'a change' });
  const { revision } = body as RevisionDetail;
  expect((await policyApi(world, 'erin', `/v1/revisions/${revision}/activate`, {})).status).toBe(200);
  await eventually(async () => {
    for (const service of ['policy', 'approval'] as const) {
      const ready = (await (await fetch(`${world.urlOf(service)}/readyz`)).json()) as {
        details: { config: { revision: string } };
      };
      expect(ready.details.config.revision).toBe(revision);
    }
  });
}

export async function sallyport(user: string, ...args: string[]): Promise<string> {
  const { code, out, error } = await runSallyport(world, user, ...args);
  expect([code, error]).toEqual([0, '']);
  return out;
}
