import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApprovalRequested, type Asker, approvalRequested, encodeEnvelope } from '#contracts';
import { deadLetterHeaders, retrySubject } from '#messaging';
import { QuestionSigner } from '#sealing';
import { eventually } from '#testing';
import { type ApprovalWorld, newRequestId, releasesOf, startApprovalWorld } from './approval-world.ts';
import { ask, signerOf } from './asking.ts';

const slow = { timeoutMs: 30_000 };
let world: ApprovalWorld;
/** A question that a grant in force covers, as policy asked it. */
let asked: { head: ApprovalRequested; tail: Uint8Array };
let signers: Record<Asker | 'stranger', QuestionSigner>;

beforeAll(async () => {
  world = await startApprovalWorld();
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const [policy, masking, audit] = await Promise.all(
    (['policy', 'masking', 'audit'] as const).map((asker) => signerOf(world, asker)),
  );
  signers = { policy: policy!, masking: masking!, audit: audit!, stranger: new QuestionSigner(privateKey) };
  const { id, digest, version } = await world.hold('the password of server 12?');
  const grant = { forMs: 3_600_000 };
  await world.call('alice', 'POST', `/v1/approvals/${id}/votes`, { vote: 'approve', digest, version, grant });
  const covered = await world.receive('the password of server 13?');
  await eventually(async () => expect(await releasesOf(world, covered)).toHaveLength(1), slow);
  asked = (await world.events(approvalRequested, covered))[0]!;
}, 120_000);
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

/** The same question about another request, without its signature. */
function another(change: Partial<ApprovalRequested> = {}): ApprovalRequested {
  const { questionSignature: _, ...head } = asked.head;
  return { ...head, requestId: newRequestId(), requestedAt: Date.now(), ...change };
}
const change = (operation: string): Partial<ApprovalRequested> => ({
  ...{ gate: 'change', connection: 'audit' },
  context: { ...asked.head.context, protocol: 'change', operation },
});
const lenient = () => {
  const { requirement } = asked.head;
  return { ...requirement, groups: [{ group: 'platform', quorum: 1 }] };
};

/** What somebody with a service's password for the broker, and without the key of who asks, could put before people. */
const forgeries: [Asker, string, () => ApprovalRequested][] = [
  ['policy', 'a request, unsigned', () => another()],
  ['policy', 'a request, signed with another key', () => signers.stranger.sign(another())],
  ['policy', 'a request, with the signature of another', () => another(signatureOf(asked.head))],
  [
    'policy',
    'a request for other approvers',
    () => ({ ...signers.policy.sign(another()), requirement: lenient() }),
  ],
  ['policy', 'an erasure, signed by policy', () => signers.policy.sign(another(change('content.erasure')))],
  ['policy', 'a change of no kind', () => signers.policy.sign(another(change('everything')))],
  ['masking', 'a request, signed by masking', () => signers.masking.sign(another())],
  ['masking', 'an answer, unsigned', () => another({ gate: 'response' })],
  ['masking', 'an answer, signed by policy', () => signers.policy.sign(another({ gate: 'response' }))],
  ['audit', 'a request, signed by audit', () => signers.audit.sign(another())],
  ['audit', 'an erasure, unsigned', () => another(change('content.erasure'))],
  ['audit', 'an activation, signed by audit', () => signers.audit.sign(another(change('config.activation')))],
];
const signatureOf = ({ questionSignature }: ApprovalRequested) =>
  questionSignature ? { questionSignature } : {};

async function alarms(): Promise<number> {
  const text = await (await fetch(`${world.urlOf('approval')}/metrics`)).text();
  const counted = text.matchAll(/^sallyport_questions_forged_total\{[^}]*\} (\d+)$/gm);
  return [...counted].reduce((sum, [, count]) => sum + Number(count), 0);
}
async function approvalsOf(requestId: string): Promise<number> {
  const sql = 'select id from approval_request where request_id = $1';
  return (await world.database.query(sql, [requestId])).rows.length;
}

test.each(forgeries)(
  'with the password of %s, %s comes before nobody and under no grant, and alarms',
  async (user, _, forge) => {
    const [bus, head, before] = [await world.bus(user), forge(), await alarms()];
    await bus.publish(approvalRequested.subject(), encodeEnvelope(head, asked.tail));
    await eventually(async () => expect(await alarms()).toBe(before + 1), slow);
    expect(await approvalsOf(head.requestId)).toBe(0);
    expect(await releasesOf(world, head.requestId)).toEqual([]);
    const log = await readFile(world.service('approval').logFile, 'utf8');
    expect(log).toContain(`${head.requestId}, gate ${head.gate}: what was put before people is`);
  },
);

test('with the password of audit, it comes in through the dead letters no more than by the log', async () => {
  const [bus, head, before] = [await world.bus('audit'), another(), await alarms()];
  const headers = {
    [deadLetterHeaders.subject]: approvalRequested.subject(),
    [deadLetterHeaders.sequence]: '1',
    [deadLetterHeaders.deliveries]: '1',
  };
  await bus.publish(retrySubject('approval'), encodeEnvelope(head, asked.tail), { headers });
  await eventually(async () => expect(await alarms()).toBe(before + 1), slow);
  expect(await approvalsOf(head.requestId)).toBe(0);
});

test('nobody swallows a question by taking its message id first', async () => {
  const [bus, head] = [await world.bus('audit'), another()];
  const { requestId } = head;
  const forged = { messageId: `${requestId}:1:held` };
  await bus.publish(approvalRequested.subject(), encodeEnvelope(head, asked.tail), forged);
  await world.receive('the password of server 14?', { requestId });
  await eventually(async () => expect(await releasesOf(world, requestId)).toHaveLength(1), slow);
});

test('what the service asks whose question it is comes before people, at every gate, and alarms nobody', async () => {
  const before = await alarms();
  const genuine: [Asker, ApprovalRequested][] = [
    ['policy', another({ ...change('config.activation'), connection: 'policy' })],
    ['audit', another(change('content.erasure'))],
    ['masking', another({ gate: 'response' })],
    // What a later version adds is signed, too.
    ['policy', Object.assign(another(), { addedLater: { b: 1, a: [2] } })],
  ];
  for (const [asker, head] of genuine) await ask(world, asker, head, asked.tail);
  for (const [, { requestId }] of genuine)
    await eventually(async () => expect(await approvalsOf(requestId)).toBe(1), slow);
  expect(await alarms()).toBe(before);
});

test('what a version before the update asked unsigned is taken in while the update lasts, and not after', async () => {
  const bus = await world.bus('policy');
  const publish = (head: ApprovalRequested) =>
    bus.publish(approvalRequested.subject(), encodeEnvelope(head, asked.tail));
  await world.database.query(`insert into unsigned_questions values (now() + interval '10 minutes')`);
  const during = another();
  await publish(during);
  await eventually(async () => expect(await releasesOf(world, during.requestId)).toHaveLength(1), slow);
  await world.database.query(`update unsigned_questions set allowed_until = now() - interval '10 minutes'`);
  const [after, before] = [another(), await alarms()];
  await publish(after);
  await eventually(async () => expect(await alarms()).toBe(before + 1), slow);
  expect(await approvalsOf(after.requestId)).toBe(0);
});
