import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buckets, contentErased, encodeEnvelope, vaultKeys } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { chat, clientOf, heldWith, textOf, vote } from './people.ts';

let world: World;

const policy = (issuer: string, upstream: string): string => `
version: 1
roles: { approver: [security], auditor: [security] }
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
connections:
  demo: { baseUrl: "${upstream}", models: [demo] }
rules:
  - name: the-model-sees-no-contact-data
    match: { groups: [contractors] }
    effect: allow
    mask: { request: standard, answer: standard }
  - name: mergers-are-read-first
    match: { groups: [contractors] }
    prompt: { keywords: [merger] }
    effect: hold
    approval: { all: { security: 1 } }
masking:
  profiles:
    standard:
      packs: [core, secrets]
      vault: { scope: conversation }
      entities: { IP_ADDRESS: { operator: pseudonym } }
approvals: { groups: { security: { claim: security } } }
`;

beforeAll(async () => {
  world = await startWorld({ config: ({ issuer, upstream }) => policy(issuer, upstream) });
  await world.startServices(['policy', 'ingress', 'approval', 'masking', 'audit']);
}, 90_000);
afterAll(() => world.stop());

const address = 'ada.lovelace@example.com';
const card = '4111 1111 1111 1111';
const placeholders = /\[(?:EMAIL_ADDRESS|CREDIT_CARD)_[a-z2-7]+\]/g;

/** Says back what it was told, cut so that no placeholder is whole in one piece. */
function echo(prefix = 'You said: '): void {
  world.upstream.answer(({ body }) => {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const text = prefix + messages.map(({ content }) => content).join(' / ');
    return { pieces: text.match(/[\s\S]{1,7}/g) ?? [] };
  });
}

async function ask(messages: { role: 'user' | 'system'; content: string }[], stream: boolean) {
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  if (stream) return textOf(await client.chat.completions.create({ model: 'demo', messages, stream: true }));
  const answer = await client.chat.completions.create({ model: 'demo', messages });
  return answer.choices[0]?.message.content ?? '';
}

describe.each([
  ['streamed', true],
  ['not streamed', false],
])('a prompt that is masked, %s', (_name, stream) => {
  test('reaches the model as placeholders only, and its caller gets the values back', async () => {
    echo();
    const prompt = `write to ${address} about ${card} (${stream})`;
    expect(await ask([{ role: 'user', content: prompt }], stream)).toBe(`You said: ${prompt}`);
    const sent = world.upstream.requests.at(-1)?.body ?? '';
    expect(sent).not.toMatch(/lovelace|4111/);
    expect(sent.match(placeholders)).toHaveLength(2);
  });

  test('reaches the model with pseudonyms where the profile says so, and those that it repeats are given back', async () => {
    echo();
    const prompt = `from 10.1.2.30 to 10.1.2.31 (${stream})`;
    expect(await ask([{ role: 'user', content: prompt }], stream)).toBe(`You said: ${prompt}`);
    expect(world.upstream.requests.at(-1)?.body).toMatch(/from 198\.1[89]\.[\d.]+ to 198\.1[89]\.[\d.]+ /);
  });

  test('gives back nothing that only its system prompt held', async () => {
    echo();
    const system = { role: 'system' as const, content: 'the owner is root@internal.example.org' };
    const user = { role: 'user' as const, content: `I am ${address}, ${stream}` };
    const said = await ask([system, user], stream);
    expect(said).toMatch(/the owner is \[EMAIL_ADDRESS_[a-z2-7]+\] \/ I am ada\.lovelace@example\.com/);
  });
});

test('the answer that the ledger keeps is masked, and which bytes its caller got is in the ledger too', async () => {
  echo();
  const client = await clientOf(world, 'carol');
  const response = await client.chat.completions
    .create(chat(`keep ${address} out of the ledger`))
    .asResponse();
  const id = response.headers.get('x-sallyport-request-id');
  const given = Buffer.from(await response.arrayBuffer());
  expect(given.toString()).toContain(address);
  const digest = createHash('sha256').update(given).digest('hex');
  const headers = { authorization: `Bearer ${await world.tokenFor('alice')}` };
  await eventually(async () => {
    const session = await fetch(`${world.urlOf('audit')}/v1/sessions/${id}`, { headers });
    const shown = (await session.json()) as { answer: unknown };
    expect(JSON.stringify(shown)).toContain(
      `answer given with its values: ${given.length} bytes, SHA-256 ${digest}`,
    );
    const text = JSON.stringify(shown.answer);
    expect(text).toMatch(/\[EMAIL_ADDRESS_[a-z2-7]+\]/);
    expect(text).not.toContain('lovelace');
  });
});

test('a client that comes back after its time ran out still gets its values', async () => {
  echo();
  const prompt = `the merger willow: ask ${address}`;
  const hurried = { maxRetries: 0, defaultHeaders: { 'x-sallyport-max-wait': '1' } };
  const first = (await clientOf(world, 'carol', hurried)).chat.completions.create(chat(prompt));
  expect(await first.catch((error: unknown) => error)).toMatchObject({
    status: 503,
    code: 'approval.pending',
  });
  expect((await vote(world, 'alice', await heldWith(world, 'willow'), 'approve')).status).toBe(200);
  expect(await ask([{ role: 'user', content: prompt }], false)).toBe(`You said: ${prompt}`);
  expect(world.upstream.requests.filter(({ body }) => body.includes('willow'))).toHaveLength(1);
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('erasing a person empties their vault', async () => {
  const audit = await world.bus('audit');
  const vault = await (await world.bus('ingress')).bucket(buckets.vault);
  const [key = ''] = await all(await vault.keys());
  const [subjectKey = ''] = key.split('.');
  expect(key).not.toBe('');
  await audit.publish(contentErased.subject(), encodeEnvelope({ subjectKey, at: Date.now() }));
  await eventually(async () => {
    expect(await all(await vault.keys(vaultKeys.allOf(subjectKey)))).toEqual([]);
  });
});
