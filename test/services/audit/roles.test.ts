import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Role } from '#contracts';
import { packageRoot } from '#embedded';
import { eventually } from '#testing';
import { checkpointSize } from './audit-ledger.ts';
import { type AuditWorld, activate, Play, startAuditWorld } from './audit-world.ts';

let audit: AuditWorld;
beforeAll(async () => {
  audit = await startAuditWorld();
  await activate(audit, withSingleRoles(await readFile(audit.world.configFile, 'utf8')), 'r2');
  await audit.world.startService('audit', { AUDIT_CHECKPOINT_SECONDS: '0.5' });
});
afterAll(() => audit.stop());

const everybody: readonly Role[] = ['admin', 'policy-author', 'approver', 'auditor', 'operator'];

/** Asks as somebody who is in one group and no other; a group `only-…` has that role and no other. */
async function statusFor(method: string, path: string, group: string): Promise<number> {
  const token = await audit.world.idp.mint({ user: 'carol', groups: [group] });
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${audit.world.urlOf('audit')}${path}`, { method, headers })).status;
}

/** The world's configuration with groups that have one role each. */
const withSingleRoles = (yaml: string): string =>
  everybody.reduce((text, role) => text.replace(`  ${role}: [`, `  ${role}: [only-${role}, `), yaml);

/** What audit's controllers serve, by their sources. */
async function endpointsOfAudit(): Promise<{ name: string; pattern: RegExp }[]> {
  const folder = join(packageRoot(), 'services', 'audit');
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith('.controller.ts'),
  );
  const found: { name: string; pattern: RegExp }[] = [];
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8');
    const base = /@Controller\('([^']*)'\)/.exec(text)?.[1] ?? '';
    for (const [, verb = '', path] of text.matchAll(/@(Get|Post|Put|Patch|Delete)\((?:'([^']*)')?\)/g)) {
      const name = `${verb.toUpperCase()} /${[base, path].filter(Boolean).join('/')}`;
      found.push({ name, pattern: new RegExp(`^${name.replaceAll(/:[a-z]+/gi, '[^/]+')}$`) });
    }
  }
  return found;
}

describe('who may read what', () => {
  test('auditors all, requesters their own, approvers what they decided, nobody else anything', async () => {
    const play = new Play(audit, 'carol', '{"secret":"password"}');
    await play.received();
    await play.held();
    await play.voted('erin', 'reject', 'no');
    await play.completed(JSON.stringify({ reason: 'no' }), {
      outcome: 'rejected',
      status: 403,
      tail: 'reason',
    });
    await eventually(async () => expect((await audit.show('alice', play.id)).outcome).toBe('rejected'));
    const statusFor = async (user: string | null) =>
      (await audit.call(user, `/v1/sessions/${play.id}?content=false`)).status;
    expect(await statusFor('carol')).toBe(200);
    expect(await statusFor('erin')).toBe(200);
    expect(await statusFor('dave')).toBe(404);
    expect(await statusFor(null)).toBe(401);
    const listed = async (user: string) =>
      (await audit.call(user, '/v1/sessions?limit=200')).body.items.map(({ id }: { id: string }) => id);
    expect(await listed('carol')).toContain(play.id);
    expect(await listed('dave')).not.toContain(play.id);
    expect(await listed('alice')).toContain(play.id);
  });

  /** What an endpoint answers to who may use it, and who that is; everybody else gets 403. */
  const endpoints: [method: string, path: string, status: number, roles: readonly Role[]][] = [
    ['GET', '/v1/sessions', 200, everybody],
    ['GET', '/v1/sessions/none', 404, everybody],
    ['GET', '/v1/sessions/none/replay', 404, everybody],
    ['GET', '/v1/conversations/none', 200, everybody],
    ['GET', '/v1/recorded', 200, everybody],
    ['POST', '/v1/simulations', 400, ['policy-author', 'auditor', 'admin']],
    ['GET', '/v1/reports?by=user', 200, ['auditor']],
    ['GET', '/v1/sinks', 200, ['auditor', 'operator', 'admin']],
    ['GET', '/v1/checkpoints', 200, ['auditor', 'operator', 'admin']],
    ['GET', '/v1/gaps', 200, ['auditor', 'operator']],
    ['POST', '/v1/gaps/acknowledge', 200, ['auditor']],
    ['GET', '/v1/proofs/inclusion?index=0', 200, ['auditor']],
    ['GET', '/v1/proofs/consistency?from=1', 200, ['auditor']],
    ['GET', '/v1/export', 200, ['auditor']],
    ['GET', '/v1/dead-letters', 200, ['operator', 'admin']],
    ['GET', '/v1/dead-letters/999', 404, ['operator', 'admin']],
    ['POST', '/v1/dead-letters/999/retry', 404, ['operator', 'admin']],
    ['POST', '/v1/erasures', 400, ['admin']],
    ['GET', '/v1/erasures', 200, ['admin']],
    ['GET', '/v1/erasures/none', 404, ['admin']],
    ['GET', '/v1/holds', 200, ['auditor', 'admin']],
    ['POST', '/v1/holds', 400, ['auditor', 'admin']],
    ['POST', '/v1/holds/none/lift', 400, ['admin']],
    ['POST', '/v1/keys/rotation', 400, ['admin']],
  ];

  test.each(endpoints)('%s %s answers each role as it should', async (method, path, status, roles) => {
    await eventually(async () => expect(await checkpointSize(audit)).toBeGreaterThan(0));
    const found = await Promise.all(
      everybody.map(async (role) => [role, await statusFor(method, path, `only-${role}`)]),
    );
    expect(found).toEqual(everybody.map((role) => [role, roles.includes(role) ? status : 403]));
    expect(await statusFor(method, path, 'no-role')).toBe(roles === everybody ? status : 403);
    expect((await audit.call(null, path, { method })).status).toBe(401);
  });

  test('no endpoint is left out of that', async () => {
    const tried = endpoints.map(([method, path]) => `${method} ${path.split('?')[0]}`);
    const left = (await endpointsOfAudit()).filter(
      (endpoint) => !tried.some((one) => endpoint.pattern.test(one)),
    );
    // The public keys are for everybody.
    expect(left.map(({ name }) => name).sort()).toEqual(['GET /v1/key', 'GET /v1/key/history']);
    for (const path of ['/v1/key', '/v1/key/history'])
      expect((await audit.call(null, path)).status).toBe(200);
  });
});
