import { describe, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { codeOf } from '../approval-world.ts';
import { world } from './one-world.ts';

describe('refused and explained', () => {
  test('the requester, though in the approving group', async () => {
    const id = await world.receive('my own password', { user: 'alice' });
    const seen = await eventually(() => world.show(id, 'bob'));
    expect(codeOf(await world.vote('alice', seen, 'approve'))).toEqual([403, 'approval.requester_excluded']);
    expect((await world.show(id, 'alice')).you).toMatchObject({
      mayDecide: false,
      code: 'approval.requester_excluded',
    });
  });

  test('someone of another group, who does not even learn that it exists', async () => {
    const seen = await world.hold('not for platform: password');
    expect(codeOf(await world.call('dave', 'GET', `/v1/approvals/${seen.id}`))).toEqual([
      404,
      'approval.not_found',
    ]);
    expect(codeOf(await world.vote('dave', seen, 'approve'))).toEqual([404, 'approval.not_found']);
    expect((await world.list('', 'dave')).items).toEqual([]);
  });

  test('someone without the role, and nobody at all', async () => {
    const seen = await world.hold('password for erin');
    expect(codeOf(await world.vote('erin', seen, 'approve'))).toEqual([403, 'access.forbidden']);
    const bare = await fetch(`${world.urlOf('approval')}/v1/approvals`);
    expect(bare.status).toBe(401);
  });

  test('a service account, though its token names the group', async () => {
    const seen = await world.hold('password for a robot');
    const token = await world.idp.mint({
      user: 'robot',
      groups: ['security'],
      claims: { client_id: 'robot' },
    });
    const response = await fetch(`${world.urlOf('approval')}/v1/approvals/${seen.id}/votes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ vote: 'approve', digest: seen.digest, version: 1 }),
    });
    expect(codeOf({ status: response.status, body: await response.json() })).toEqual([
      ...[403, 'approval.people_only'],
    ]);
    expect((await world.show(seen.id)).state).toBe('pending');
  });

  test('someone just removed from the group', async () => {
    const seen = await world.hold('password and a group');
    const token = await world.idp.mint({ user: 'alice', claims: { groups: ['platform'] } });
    const response = await fetch(`${world.urlOf('approval')}/v1/approvals/${seen.id}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(404);
  });

  test('another digest, a rejection without reason, a vote after the end', async () => {
    const seen = await world.hold('the wrong digest of a password');
    const outdated = { ...seen, digest: 'f'.repeat(64) };
    expect(codeOf(await world.vote('alice', outdated, 'approve'))).toEqual([409, 'approval.outdated']);
    expect(codeOf(await world.vote('alice', seen, 'reject'))).toEqual([400, 'approval.reason_required']);
    await world.vote('alice', seen, 'reject', 'no');
    expect(codeOf(await world.vote('bob', seen, 'approve'))).toEqual([409, 'approval.already_decided']);
  });
});
