import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type OpenAI from 'openai';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { approvalApi, clientOf, vote } from './people.ts';

const turns = 20;
let world: World;
let model: Server;
let calls = 0;
/** Called when the gateway hangs up on a call that is never answered. */
let abandoned: () => void = () => undefined;

/** A model that asks for a tool until it has been given enough results. */
function startModel(): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    calls += 1;
    if (body.includes('never answer')) {
      response.once('close', () => abandoned());
      return;
    }
    const { messages } = JSON.parse(body) as OpenAI.ChatCompletionCreateParamsNonStreaming;
    const results = messages.filter(({ role }) => role === 'tool').length;
    const call = {
      id: `call_${results}`,
      type: 'function',
      function: { name: 'look', arguments: '{"page":1}' },
    };
    const isDone = results >= turns - 1;
    const message = isDone
      ? { role: 'assistant', content: 'All done.' }
      : { role: 'assistant', content: null, tool_calls: [call] };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: isDone ? 'stop' : 'tool_calls' }];
    const head = { id: 'chatcmpl-agent', object: 'chat.completion', created: 0, model: 'demo' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...head, choices }));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

beforeAll(async () => {
  model = await startModel();
  const { port } = model.address() as { port: number };
  world = await startWorld({
    config: ({ issuer }) => `
version: 1
roles: { approver: [security] }
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
connections: { demo: { baseUrl: "http://127.0.0.1:${port}", models: [demo] } }
rules:
  - { name: all, effect: allow }
  - { name: secrets, prompt: { keywords: [password] }, effect: hold, approval: { all: { security: 1 } } }
approvals: { groups: { security: { claim: security } } }
`,
  });
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
}, 120_000);
afterAll(async () => {
  await world?.stop();
  model?.close();
});

const tools: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
];

const seen = new Set<string>();

/** What is held and was not looked at yet. */
async function newlyHeld(): Promise<ApprovalDetail[]> {
  const { body } = await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals');
  const fresh = body.items.filter(({ id, state }) => state === 'pending' && !seen.has(id));
  for (const { id } of fresh) seen.add(id);
  return Promise.all(
    fresh.map(
      async ({ id }) => (await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`)).body,
    ),
  );
}

/** Runs the loop as agents do, while somebody approves what is held. Returns the conversation and how often they had to. */
async function runLoop(
  first: string,
  resultOf: (turn: number) => string,
): Promise<{ messages: OpenAI.ChatCompletionMessageParam[]; approvals: ApprovalDetail[] }> {
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: first }];
  const approvals: ApprovalDetail[] = [];
  let isOver = false;
  const approving = (async () => {
    while (!isOver) {
      for (const held of await newlyHeld()) {
        approvals.push(held);
        expect((await vote(world, 'alice', held, 'approve')).status).toBe(200);
      }
    }
  })();
  try {
    for (let turn = 1; turn <= turns; turn++) {
      const answer = await client.chat.completions.create({ model: 'demo', messages, tools });
      const { message } = answer.choices[0]!;
      messages.push(message);
      for (const { id } of message.tool_calls ?? []) {
        messages.push({ role: 'tool', tool_call_id: id, content: resultOf(turn) });
      }
    }
  } finally {
    isOver = true;
    await approving;
  }
  expect(messages.at(-1)).toMatchObject({ role: 'assistant', content: 'All done.' });
  return { messages, approvals };
}

test('an agent loop of 20 turns with a keyword in turn 1 needs exactly 1 approval', async () => {
  const before = calls;
  const { approvals } = await runLoop('find the password policy', (turn) => `page ${turn}: nothing`);
  expect(approvals).toHaveLength(1);
  expect(calls).toBe(before + turns);
}, 120_000);

test('with the keyword again in turn 9 it needs 2, and the second is asked about what is new', async () => {
  const { approvals } = await runLoop('look for the password of heather', (turn) =>
    turn === 9 ? 'the password is in the drawer' : `page ${turn}`,
  );
  expect(approvals).toHaveLength(2);
  const [, second] = approvals;
  expect(second!.conversation.newSinceTurn).toBeGreaterThan(1);
  const isNew = second!.content.parts.filter((part) => part.isNew && part.kind === 'turn');
  expect(JSON.stringify(isNew)).toContain('in the drawer');
  expect(JSON.stringify(isNew)).not.toContain('heather');
}, 120_000);

test('a conversation with a changed earlier message is held', async () => {
  const { messages, approvals } = await runLoop('read the password page', (turn) => `page ${turn}`);
  expect(approvals).toHaveLength(1);
  const [first, ...rest] = messages;
  const altered = [{ ...first, content: 'read the password file' }, ...rest] as typeof messages;
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  const answer = client.chat.completions
    .create({ model: 'demo', messages: [...altered, { role: 'user', content: 'go on' }], tools })
    .catch((error: unknown) => error);
  const held = await eventually(async () => {
    const [one] = await newlyHeld();
    if (!one) throw new Error('nothing is held');
    return one;
  });
  expect(held.conversation.newSinceTurn).toBe(0);
  await vote(world, 'alice', held, 'reject', 'not what was approved');
  expect(await answer).toMatchObject({ code: 'approval.rejected' });
}, 120_000);

test('a call that an approver stops is hung up on at once, long before its claim is renewed', async () => {
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  const hungUp = new Promise<void>((resolve) => {
    abandoned = resolve;
  });
  const before = calls;
  const asked = { model: 'demo', messages: [{ role: 'user' as const, content: 'password, never answer' }] };
  const answer = client.chat.completions.create(asked).catch((error: unknown) => error);
  const held = await eventually(async () => {
    const [one] = await newlyHeld();
    if (!one) throw new Error('nothing is held');
    return one;
  });
  await vote(world, 'alice', held, 'approve');
  await eventually(() => expect(calls).toBe(before + 1));
  const stopped = await approvalApi(world, 'alice', `/v1/approvals/${held.id}/stop`, {
    reason: 'wrong server',
  });
  expect(stopped.status).toBe(200);
  // A claim is renewed every 10 s: the renewal would find out too late for this.
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('still called')), 8000).unref());
  await Promise.race([hungUp, late]);
  const refused = await answer;
  expect(refused).toMatchObject({ code: 'approval.rejected' });
  expect(String((refused as Error).message)).toContain('wrong server');
}, 60_000);
