import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApprovalDetail, accessDenied, approvalDecided, decodeEnvelope } from '#contracts';
import { eventually } from '#testing';
import { type ApprovalWorld, releasesOf, startApprovalWorld } from './approval-world.ts';

const rules = [
  { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
  { name: 'one', prompt: { keywords: ['password'] }, effect: 'hold', approval: { all: { security: 1 } } },
  {
    ...{ name: 'both', prompt: { keywords: ['twofold'] }, effect: 'hold' },
    approval: { all: { security: 1, owners: 1 } },
  },
  {
    ...{ name: 'short', prompt: { keywords: ['hurry'] }, effect: 'hold' },
    approval: { all: { security: 1 }, expiresIn: '1s' },
  },
];

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld({
    rules,
    approvals: { groups: { security: { claim: 'security' }, owners: { members: ['alice', 'bob'] } } },
  });
}, 120_000);
afterAll(async () => {
  await world?.database.end().catch(() => undefined);
  await world?.stop();
});

interface Refused {
  status: number;
  code: string;
  message: string;
}

/** Votes with a token of the test's choice. */
async function voteWith(token: string, seen: ApprovalDetail, vote = 'approve'): Promise<Refused> {
  const response = await fetch(`${world.urlOf('approval')}/v1/approvals/${seen.id}/votes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ vote, digest: seen.digest, version: seen.version, reason: 'as the test says' }),
  });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: error?.code ?? '', message: error?.message ?? '' };
}

const refusedCodes: [string, string | undefined][] = [];

/** Refused with a code and a sentence, no release, no vote; remembered for the record. */
async function expectRefused(
  refused: Refused,
  expected: [number, string],
  seen: ApprovalDetail,
  subject?: string,
): Promise<void> {
  expect([refused.status, refused.code]).toEqual(expected);
  expect(refused.message.length).toBeGreaterThan(10);
  expect(await releasesOf(world, seen.id)).toEqual([]);
  refusedCodes.push([refused.code, subject]);
}

describe('refused, recorded and explained', () => {
  test('the requester, though in the approver group', async () => {
    const id = await world.receive('my own password', { user: 'alice' });
    const seen = await eventually(() => world.show(id, 'bob'));
    const refused = await voteWith(await world.tokens.of('alice'), seen);
    await expectRefused(refused, [403, 'approval.requester_excluded'], seen, 'alice');
  });

  test('one person in two groups: counted once, and the second group still has to', async () => {
    const seen = await world.hold('a twofold thing');
    expect((await world.vote('alice', seen, 'approve')).body.state).toBe('pending');
    expect((await world.vote('alice', seen, 'approve')).body.state).toBe('pending');
    expect(await releasesOf(world, seen.id)).toEqual([]);
    expect((await world.vote('bob', seen, 'approve')).body.state).toBe('approved');
  });

  test('a vote on what was edited since, and the same vote replayed', async () => {
    const seen = await world.hold('a password to edit');
    const edits = [{ op: 'replace', pointer: '/messages/0/content', value: 'a password, edited' }];
    const { digest, version, id } = seen;
    await world.call('bob', 'POST', `/v1/approvals/${id}/edits`, { digest, version, edits });
    await world.until(id, 'pending');
    const outdated = await voteWith(await world.tokens.of('alice'), seen);
    await expectRefused(outdated, [409, 'approval.outdated'], seen, 'alice');
    const again = await voteWith(await world.tokens.of('alice'), seen);
    await expectRefused(again, [409, 'approval.outdated'], seen, 'alice');
  });

  test('a vote after the time is over', async () => {
    const seen = await world.hold('hurry with this');
    await eventually(() => expect(Date.now()).toBeGreaterThan(seen.expiresAt));
    const late = await voteWith(await world.tokens.of('bob'), seen);
    await expectRefused(late, [409, 'approval.already_decided'], seen, 'bob');
    await world.until(seen.id, 'expired');
  });

  test('a token that is forged, expired, unsigned, meant for others, or of somebody who decides nothing', async () => {
    const seen = await world.hold('a password for strangers');
    const { forged, expired, unsigned, wrongAudience, wrongIssuer, confused } = world.tokens;
    for (const [make, code] of [
      [forged, 'token.invalid'],
      [unsigned, 'token.invalid'],
      [wrongAudience, 'token.invalid'],
      [wrongIssuer, 'token.invalid'],
      [confused, 'token.invalid'],
      [expired, 'token.expired'],
    ] as const) {
      await expectRefused(await voteWith(await make('alice'), seen), [401, code], seen);
    }
    const stranger = await voteWith(await world.tokens.of('dave'), seen);
    await expectRefused(stranger, [404, 'approval.not_found'], seen, 'dave');
  });

  test('someone just removed from the group, who had it open', async () => {
    const seen = await world.hold('a password seen before the removal');
    const token = await world.idp.mint({ user: 'bob', claims: { groups: ['platform'] } });
    await expectRefused(await voteWith(token, seen), [404, 'approval.not_found'], seen, 'bob');
  });

  test('a vote replayed after the end changes nothing', async () => {
    const seen = await world.hold('a password to replay');
    const token = await world.tokens.of('alice');
    expect((await voteWith(token, seen)).status).toBe(200);
    expect((await voteWith(token, seen)).status).toBe(200);
    expect((await voteWith(token, seen, 'reject')).code).toBe('approval.already_decided');
    const votes = (await world.events(approvalDecided, seen.id)).filter(({ head }) => head.kind === 'vote');
    expect(votes).toHaveLength(1);
  });

  test('each of them is in the log, with the code and, where a token proved it, who', async () => {
    // What was refused is counted for a minute, or until the service stops.
    await world.service('approval').stop();
    const recorded: [string, string | undefined][] = [];
    for (let sequence = 1; ; ) {
      const message = await world.ingress.readMessage({ sequence, subject: accessDenied.filter() });
      if (!message) break;
      sequence = message.sequence + 1;
      const { code, subject } = accessDenied.schema.parse(decodeEnvelope(message.payload).head);
      recorded.push([code, subject]);
    }
    for (const refused of refusedCodes) expect(recorded).toContainEqual(refused);
    await world.startService('approval');
  });
});
