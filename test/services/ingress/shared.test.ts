import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approvalRequested, type RequestReceived, requestReceived, type SessionList } from '#contracts';
import type { Bus } from '#messaging';
import { eventually, startWorld, type World } from '#testing';
import { chat, heldWith, vote } from '../../journeys/people.ts';
import { eventsOf } from '../policy/policy-world.ts';

let world: World;
let bus: Bus;
let service: string;

const document = (issuer: string, upstream: string): string =>
  JSON.stringify({
    version: 1,
    roles: { approver: ['security'], auditor: ['security'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: { demo: { baseUrl: upstream, models: ['demo'] } },
    rules: [
      { name: 'everybody', effect: 'allow' },
      { name: 'mallory', effect: 'deny', when: 'user.person == "mallory"' },
      {
        ...{ name: 'passwords', effect: 'hold', prompt: { keywords: ['password'] } },
        approval: { all: { security: 1 } },
      },
    ],
    approvals: { groups: { security: { claim: 'security' } } },
    ingress: { sharedIdentities: [{ client: 'chat-ui', header: 'x-user' }] },
  });

beforeAll(async () => {
  world = await startWorld({ config: ({ issuer, upstream }) => document(issuer, upstream) });
  await world.startServices(['policy', 'ingress', 'masking', 'approval', 'audit']);
  bus = await world.bus('audit');
  // Its OAuth client is the identity that people share.
  service = await world.idp.mint({ user: 'dave', claims: { azp: 'chat-ui', client_id: 'chat-ui' } });
}, 90_000);
afterAll(() => world.stop());

const headersFor = (person: string | undefined, rest: Record<string, string> = {}) => ({
  authorization: `Bearer ${service}`,
  ...(person !== undefined && { 'x-user': person }),
  ...rest,
});

function ask(
  content: string,
  person: string | undefined,
  rest: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  const answer = fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
    method: 'POST',
    headers: headersFor(person, { 'content-type': 'application/json', ...rest }),
    body: JSON.stringify(chat(content)),
    signal,
  });
  answer.catch(() => undefined);
  return answer;
}

const statusOf = async (id: string, person: string | undefined) =>
  (await fetch(`${world.urlOf('ingress')}/v1/requests/${id}`, { headers: headersFor(person) })).status;

const receivedWith = async (id: string): Promise<RequestReceived | undefined> =>
  (await eventsOf(bus, requestReceived)).find(({ requestId }) => requestId === id);

describe('whom a shared identity names', () => {
  test('stands in the events and in the ledger, and rules can ask for them', async () => {
    const answer = await ask('hello anise', 'carol');
    expect(answer.status).toBe(200);
    const id = answer.headers.get('x-sallyport-request-id') ?? '';
    expect((await receivedWith(id))?.context.principal).toMatchObject({ client: 'chat-ui', person: 'carol' });
    await eventually(
      async () => {
        const response = await fetch(`${world.urlOf('audit')}/v1/sessions`, {
          headers: { authorization: `Bearer ${await world.tokenFor('alice')}` },
        });
        const { items } = (await response.json()) as SessionList;
        expect(items.find((one) => one.id === id)?.requester).toMatchObject({ person: 'carol' });
      },
      { timeoutMs: 20_000 },
    );
    const denied = await ask('hello anise', 'mallory');
    expect(denied.status).toBe(403);
    expect(await denied.text()).toContain('policy.denied');
  });

  test('alone sees their requests and comes back for them', async () => {
    const gone = new AbortController();
    ask('password of basil', 'carol', {}, gone.signal);
    const card = await heldWith(world, 'basil');
    expect(card.requester).toMatchObject({ person: 'carol' });
    const { requestId } = card;
    await eventually(async () => expect(await statusOf(requestId, 'carol')).toBe(200));
    for (const other of ['dave', undefined]) expect(await statusOf(requestId, other)).toBe(404);
    gone.abort();
    await vote(world, 'alice', card, 'approve');
    await eventually(async () => {
      const stored = `${world.urlOf('ingress')}/v1/requests/${requestId}/response`;
      const state = await fetch(stored, { headers: headersFor('carol') });
      expect(state.status).toBe(200);
      await state.arrayBuffer();
    });
    const back = await ask('password of basil', 'carol');
    expect(back.headers.get('x-sallyport-replayed')).toBe('true');
    // What was approved for one is not approved for another.
    const anothers = await ask('password of basil', 'dave', { 'x-sallyport-max-wait': '1' });
    expect(anothers.status).toBe(503);
  });

  test('decides nothing about what was asked for them', async () => {
    ask('password of chervil', 'alice');
    const card = await heldWith(world, 'chervil');
    const own = await vote(world, 'alice', card, 'approve');
    expect(own).toMatchObject({ status: 403, body: { error: { code: 'approval.requester_excluded' } } });
  });
});

test('where a shared identity names nobody, the same call is another one each time', async () => {
  const call = () => ask('password of dill', undefined, { 'x-sallyport-max-wait': '1' });
  for (const answer of [await call(), await call()]) expect(answer.status).toBe(503);
  const asked = await eventually(async () => {
    const all = (await eventsOf(bus, approvalRequested)).filter(
      ({ context }) => context.principal.client === 'chat-ui' && context.principal.person === undefined,
    );
    expect(all).toHaveLength(2);
    return all;
  });
  expect(new Set(asked.map(({ requestId }) => requestId)).size).toBe(2);
});
