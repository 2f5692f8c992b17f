import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ApprovalDetail,
  approvalDecided,
  approvalRequested,
  type ReviewList,
  type ReviewView,
  RunEntry,
  requestCompleted,
} from '#contracts';
import { BodyStore } from '#messaging';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { type ApprovalWorld, newRequestId, releasesOf, startApprovalWorld } from './approval-world.ts';
import { ask } from './asking.ts';

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld({
    approvals: { maxPendingPerPrincipal: 3, breakGlass: { group: 'platform', reviewers: 2 } },
  });
});
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

const whole = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 0,
  model: 'demo',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'the code is 4711, keep it' }, finish_reason: 'stop' },
  ],
};
const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model: 'demo' },
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;
const streamed = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'the code is 4' }),
  chunk({ content: '711, keep it' }),
  chunk({}, 'stop'),
  'data: [DONE]\n\n',
].join('');

const requirement = {
  mode: 'all' as const,
  groups: [{ group: 'security', quorum: 1 }],
  denyThreshold: 1,
  expiresInMs: 60_000,
  editNeedsOtherApprover: false,
};

/** Holds an answer as masking does. */
async function holdAnswer(stream: boolean, expiresInMs = 60_000): Promise<ApprovalDetail> {
  const requestId = newRequestId();
  const prompt = await world.hold(`a password for ${requestId}`, { stream });
  const [held] = await world.events(approvalRequested, prompt.id);
  await world.vote('alice', prompt, 'approve');
  const { context, ...rest } = held!.head;
  const bytes = Buffer.from(stream ? streamed : JSON.stringify(whole));
  const at = Date.now();
  const head = {
    ...{ ...rest, context, gate: 'response' as const, version: 1, stream, requirement, matches: [] },
    body: {
      digest: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      location: { in: 'tail' as const },
    },
    conversation: { id: prompt.id, newSinceTurn: 0, approves: [] },
    answer: { status: 200, contentType: 'application/json', stream, attempt: 1, findings: [] },
    requestedAt: at,
    expiresAt: at + expiresInMs,
  };
  const sealed = await world.sealer.seal(context.subjectKey, contentLabel(prompt.id, 'body:1'), bytes);
  await ask(world, 'masking', head, sealed);
  return eventually(() => world.show(`${prompt.id}.response`, 'erin'));
}

const answerReleases = async (id: string) =>
  (await releasesOf(world, id)).filter(({ head }) => head.terms.gate === 'response');
const openReleased = async (detail: ApprovalDetail): Promise<{ text: string; version: number }> => {
  const [release] = await eventually(async () => {
    const found = await answerReleases(detail.requestId);
    expect(found).toHaveLength(1);
    return found;
  });
  const { terms, signature, subjectKey } = release!.head;
  expect(world.verifier.verify(terms, signature)).toBe(true);
  const label = contentLabel(detail.requestId, `body:${terms.version}`);
  const clear = await world.sealer.open(subjectKey, label, release!.tail);
  expect(createHash('sha256').update(clear).digest('hex')).toBe(terms.digest);
  return { text: clear.toString(), version: terms.version };
};

describe.each([
  ['in one piece', false],
  ['streamed', true],
] as const)('an answer %s, held for a second look', (_, stream) => {
  test('is read as text and released as it was shown', async () => {
    const held = await holdAnswer(stream);
    expect(held).toMatchObject({ gate: 'response', state: 'pending' });
    const [part] = held.content.parts;
    expect(part).toMatchObject({ kind: 'answer' });
    expect(part?.items[0]?.segments).toEqual([{ text: 'the code is 4711, keep it' }]);
    await world.vote('alice', held, 'approve');
    expect((await openReleased(held)).text).toBe(stream ? streamed : JSON.stringify(whole));
    const run = await (await world.masking.bucket('runs')).get(`${held.requestId}.response.1`);
    expect(RunEntry.parse(run?.json()).state).toBe('open');
  });

  test('is released redacted, without policy, by whoever redacted it', async () => {
    const held = await holdAnswer(stream);
    const { digest, version } = held;
    const body = { digest, version, redactions: [{ text: '4711', with: '****' }], approve: true };
    const edited = await world.call('bob', 'POST', `/v1/approvals/${held.id}/edits`, body);
    expect(edited).toMatchObject({ status: 200, body: { state: 'approved', version: 2 } });
    const { text, version: released } = await openReleased(held);
    expect(released).toBe(2);
    expect(text).not.toContain('711');
    const shown = await world.show(held.id);
    expect(shown.content.parts[0]?.items[0]?.segments).toEqual([{ text: 'the code is ****, keep it' }]);
  });

  test('only loses or changes text by an edit', async () => {
    const held = await holdAnswer(stream);
    const { digest, version } = held;
    const other = stream
      ? streamed.replace('"stop"', '"length"').replace('data: [DONE]', 'data: {}')
      : '{"choices":[]}';
    const answer = await world.call('bob', 'POST', `/v1/approvals/${held.id}/edits`, {
      digest,
      version,
      body: other,
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'approval.invalid_edit' } } });
    await world.vote('bob', held, 'reject', 'done with it');
  });

  test('is never released once rejected, or after its time', async () => {
    const rejected = await holdAnswer(stream);
    await world.vote('bob', rejected, 'reject', 'leaks');
    const expired = await holdAnswer(stream, 300);
    for (const [held, outcome] of [
      [rejected, 'rejected'],
      [expired, 'expired'],
    ] as const) {
      expect((await world.completion(held.requestId)).head.outcome).toBe(outcome);
      expect(await answerReleases(held.requestId)).toEqual([]);
      expect(await world.events(requestCompleted, held.requestId)).toHaveLength(1);
    }
  });
});

describe('a flood', () => {
  test('of one person is cut off at the limit, identical requests and other people not counted', async () => {
    const held = [];
    for (let index = 0; index < 3; index++)
      held.push(await world.hold(`flood password ${index}`, { user: 'dave' }));
    const twin = await world.receive('flood password 0', { user: 'dave' });
    const over = await world.receive('flood password 4', { user: 'dave' });
    expect((await world.completion(over)).head).toMatchObject({
      ...{ outcome: 'denied', status: 429, code: 'approval.too_many_pending' },
    });
    expect((await world.until(twin, 'pending')).state).toBe('pending');
    await world.hold('another person’s password');
    await world.vote('alice', held[0]!, 'reject', 'too many');
    await world.hold('flood password 5', { user: 'dave' });
  });
});

describe('content that left the log', () => {
  test('before it was taken in ends its request as failed', async () => {
    const seen = await world.hold('a password that stays');
    const [held] = await world.events(approvalRequested, seen.id);
    const requestId = newRequestId();
    const body = { ...held!.head.body, location: { in: 'stream' as const, sequence: 999_999_999 } };
    await ask(world, 'policy', { ...held!.head, requestId, body });
    expect((await world.completion(requestId)).head).toMatchObject({ outcome: 'failed', status: 500 });
    await world.vote('alice', seen, 'reject', 'done');
  });

  test('after a long wait is released from where it lasts', async () => {
    const seen = await world.hold(`a long password ${'y'.repeat(10_000)}`);
    const old = `update approval_request set requested_at = requested_at - interval '30 hours' where id = $1`;
    await world.database.query(old, [seen.id]);
    await world.vote('alice', seen, 'approve');
    const [release] = await eventually(async () => {
      const found = await releasesOf(world, seen.id);
      expect(found).toHaveLength(1);
      return found;
    });
    const { location } = release!.head.body;
    if (location.in !== 'store') throw new Error(`it is in ${location.in}`);
    const stored = await new BodyStore(world.ingress).get(location.name);
    const label = contentLabel(seen.id, 'body:1');
    const clear = await world.sealer.open(release!.head.subjectKey, label, stored!);
    expect(createHash('sha256').update(clear).digest('hex')).toBe(release!.head.terms.digest);
  });
});

describe('the API', () => {
  test('describes itself: every endpoint with what it takes and gives', async () => {
    const response = await fetch(`${world.urlOf('approval')}/openapi.json`);
    const { paths } = (await response.json()) as {
      paths: Record<
        string,
        Record<string, { requestBody?: object; responses: Record<string, { content?: object }> }>
      >;
    };
    const vote = paths['/v1/approvals/{id}/votes']?.post;
    expect(JSON.stringify(vote?.requestBody)).toContain('"digest"');
    expect(JSON.stringify(vote?.responses['200']?.content)).toContain('"segments"');
    expect(JSON.stringify(paths['/v1/approvals']?.get)).toContain('"cursor"');
  });
});

describe('breaking the glass', () => {
  const breakGlass = (user: string, seen: ApprovalDetail, reason?: string) =>
    world.call<ApprovalDetail & { error?: { code: string } }>(
      user,
      'POST',
      `/v1/approvals/${seen.id}/votes`,
      {
        ...{ vote: 'approve', breakGlass: true, digest: seen.digest, version: seen.version },
        ...(reason !== undefined && { reason }),
      },
    );

  test('releases at once with a reason, is on record, and stays open until two others closed it', async () => {
    const seen = await world.hold('an urgent password', { body: { temperature: 0.1 } });
    expect((await breakGlass('dave', seen)).body.error?.code).toBe('approval.reason_required');
    const { status, body } = await breakGlass('dave', seen, 'production is down');
    expect([status, body.state]).toEqual([200, 'approved']);
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1));
    const [vote] = await world.events(approvalDecided, seen.id);
    expect(vote?.head).toMatchObject({ kind: 'vote', breakGlass: true, approver: { subject: 'dave' } });
    const close = (user: string) =>
      world.call<ReviewView & { error?: { code: string } }>(user, 'POST', `/v1/reviews/${seen.id}/close`, {
        reason: 'looked at it',
      });
    expect((await close('dave')).body.error?.code).toBe('approval.reviewer_excluded');
    const open = await world.call<ReviewList>('alice', 'GET', '/v1/reviews');
    expect(open.body.items.map(({ approvalId }) => approvalId)).toContain(seen.id);
    expect((await close('alice')).body.closedAt).toBeUndefined();
    expect((await close('alice')).body.closedBy).toHaveLength(1);
    expect((await close('bob')).body.closedAt).toBeDefined();
    await eventually(async () => {
      const reviews = (await world.events(approvalDecided, seen.id)).flatMap(({ head }) =>
        head.kind === 'review' ? [[head.reviewer.subject, head.open]] : [],
      );
      expect(reviews).toEqual([
        ['alice', true],
        ['bob', false],
      ]);
    });
    const left = await world.call<ReviewList>('alice', 'GET', '/v1/reviews');
    expect(left.body.items.map(({ approvalId }) => approvalId)).not.toContain(seen.id);
  });

  test('is for the named group only, never for one’s own request, and never rejects', async () => {
    const seen = await world.hold('another urgent password', { body: { temperature: 0.2 } });
    expect((await breakGlass('alice', seen, 'because')).body.error?.code).toBe('approval.not_in_group');
    await world.vote('alice', seen, 'reject', 'no');
    const own = await world.receive('my urgent password', { user: 'dave', body: { temperature: 0.3 } });
    const mine = await eventually(() => world.show(own));
    expect((await breakGlass('dave', mine, 'because')).body.error?.code).toBe('approval.requester_excluded');
    await world.vote('alice', mine, 'reject', 'no');
  });
});
