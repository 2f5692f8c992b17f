import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, startWorld, type World } from '#testing';
import { chat, clientOf, heldWith, textOf, vote } from '../journeys/people.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
}, 120_000);
afterAll(() => world.stop());

interface Sent {
  response: Promise<Response>;
  abort: () => void;
}

/** Sends a chat request as carol with exactly these headers; `abort` is the client going away. */
async function send(body: object, headers: Record<string, string> = {}): Promise<Sent> {
  const controller = new AbortController();
  const response = fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await world.tokenFor('carol')}`,
      ...headers,
    },
    body: JSON.stringify(body),
    signal: controller.signal,
  });
  response.catch(() => undefined);
  return { response, abort: () => controller.abort() };
}

async function status(id: string, user = 'carol', path = ''): Promise<Response> {
  return fetch(`${world.urlOf('ingress')}/v1/requests/${id}${path}`, {
    headers: { authorization: `Bearer ${await world.tokenFor(user)}` },
  });
}

async function post(id: string, path: string, body?: object): Promise<Response> {
  return fetch(`${world.urlOf('ingress')}/v1/requests/${id}/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await world.tokenFor('carol')}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

describe('a client whose patience ends before people decide', () => {
  test('gets 503 with what to do, and its re-send gets the answer without a second approval', async () => {
    world.upstream.answer('patience');
    const calls = world.upstream.calls();
    const body = chat('password of heather');
    const first = await send(body, { 'x-sallyport-max-wait': '1' });
    const held = await heldWith(world, 'heather');
    const response = await first.response;
    expect(response.status).toBe(503);
    expect(response.headers.get('x-should-retry')).toBe('true');
    expect(response.headers.get('retry-after-ms')).toBe('500');
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: 'approval.pending', approval_id: held.requestId });
    expect(error.status_url).toMatch(/\/v1\/requests\/req-/);

    const again = await send(body, { 'x-sallyport-max-wait': '60' });
    await eventually(async () => {
      const { status: state } = (await (await status(held.requestId)).json()) as { status: string };
      expect(state).toBe('waiting_for_approval');
    });
    await vote(world, 'alice', held, 'approve');
    const answer = await again.response;
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('patience');
    expect(world.upstream.calls()).toBe(calls + 1);
  });
});

describe('a client that goes away', () => {
  test('while its request is parked finds the answer when it asks the same again, once', async () => {
    world.upstream.answer('came back');
    const calls = world.upstream.calls();
    const body = chat('password of juniper');
    const first = await send(body);
    const held = await heldWith(world, 'juniper');
    first.abort();
    await vote(world, 'alice', held, 'approve');
    await eventually(async () => {
      const state = (await (await status(held.requestId)).json()) as { status: string };
      expect(state.status).toBe('completed');
    });
    const again = await (await send(body)).response;
    expect(await again.text()).toContain('came back');
    expect(world.upstream.calls()).toBe(calls + 1);
    const stored = await status(held.requestId, 'carol', '/response');
    expect(await stored.text()).toContain('came back');
  });

  test('from a running call that nobody held cancels it', async () => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    world.upstream.answer({
      pieces: ['one', 'two'],
      before: (piece) => (piece === 0 ? Promise.resolve() : gone),
    });
    const calls = world.upstream.calls();
    const client = await clientOf(world, 'carol', { maxRetries: 0 });
    const stream = await client.chat.completions.create({ ...chat('hello, cancel me'), stream: true });
    for await (const _ of stream) break;
    stream.controller.abort();
    await eventually(async () => {
      const metrics = await (await fetch(`${world.urlOf('masking')}/metrics`)).text();
      expect(metrics).toMatch(/sallyport_model_calls_total\{[^}]*result="cancelled"[^}]*\} 1/);
    });
    closed();
    expect(world.upstream.calls()).toBe(calls + 1);
  });
});

describe('two identical calls, both connected', () => {
  test('are two requests on one card: one decision, two calls of the model, two answers', async () => {
    world.upstream.answer('both');
    const calls = world.upstream.calls();
    const body = chat('password of laurel');
    const [one, two] = [await send(body), await send(body)];
    const card = await eventually(async () => {
      const shown = await heldWith(world, 'laurel');
      expect(shown.count).toBe(2);
      return shown;
    });
    await vote(world, 'alice', card, 'approve');
    expect(await (await one.response).text()).toContain('both');
    expect(await (await two.response).text()).toContain('both');
    expect(world.upstream.calls()).toBe(calls + 2);
  });
});

describe('a held stream', () => {
  test('gets its headers and keep-alives at once and an error event when it is rejected', async () => {
    const { response } = await send({ ...chat('password of myrtle'), stream: true });
    const held = await heldWith(world, 'myrtle');
    const answer = await response;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(answer.headers.get('cache-control')).toBe('no-cache, no-transform');
    await vote(world, 'alice', held, 'reject', 'no myrtle');
    const text = await answer.text();
    expect(text).toMatch(/data: \{"error":.*approval\.rejected/);
    expect(text).not.toMatch(/^(id|retry):/m);
  });

  test('raises in the openai client when it is rejected', async () => {
    const client = await clientOf(world, 'carol', { maxRetries: 0 });
    const stream = await client.chat.completions.create({ ...chat('password of nettle'), stream: true });
    const reading = textOf(stream).catch((error: unknown) => error);
    await vote(world, 'alice', await heldWith(world, 'nettle'), 'reject', 'no nettle');
    expect(await reading).toMatchObject({ code: 'approval.rejected' });
  });
});

describe('a rejected request', () => {
  test('that is sent again gets the same 403 and asks nobody', async () => {
    const body = chat('password of orris');
    const first = await send(body);
    await vote(world, 'alice', await heldWith(world, 'orris'), 'reject', 'never');
    expect((await first.response).status).toBe(403);
    await eventually(async () => {
      const again = await (await send(body, { 'x-sallyport-max-wait': '1' })).response;
      expect(again.status).toBe(403);
      expect(await again.text()).toContain('never');
    });
  });
});

describe('Prefer: respond-async', () => {
  test('answers 202 with a place to look, and the answer is there after the approval', async () => {
    world.upstream.answer('later');
    const { response } = await send(chat('password of peony'), { prefer: 'respond-async' });
    const accepted = await response;
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('preference-applied')).toBe('respond-async');
    const { id } = (await accepted.json()) as { id: string };
    expect(accepted.headers.get('location')).toMatch(new RegExp(`/v1/requests/${id}$`));
    expect((await status(id, 'carol', '/response')).status).toBe(202);
    await vote(world, 'alice', await heldWith(world, 'peony'), 'approve');
    await eventually(async () => {
      const answer = await status(id, 'carol', '/response');
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('later');
    });
  });
});

describe('Prefer: respond-async, wait=1', () => {
  test('goes on with a stream that began within the wait', async () => {
    const overTheWait = () => new Promise<void>((resolve) => setTimeout(resolve, 1500));
    const before = async (piece: number) => (piece === 1 ? overTheWait() : undefined);
    world.upstream.answer({ pieces: ['begun ', 'in time'], before });
    let nth = 0;
    // On a busy machine it may begin later, and is answered with 202.
    await eventually(
      async () => {
        const body = { ...chat(`a rose ${nth++}`), stream: true };
        const answer = await (await send(body, { prefer: 'respond-async, wait=1' })).response;
        expect(answer.status).toBe(200);
        expect(await answer.text()).toContain('[DONE]');
      },
      { timeoutMs: 30_000 },
    );
  });
});

describe('a requester', () => {
  test("sees, justifies, nudges and withdraws their own request, and nobody else's", async () => {
    const { response } = await send(chat('password of quince'));
    const { requestId } = await heldWith(world, 'quince');
    await eventually(async () => expect((await status(requestId)).status).toBe(200));
    const shown = (await (await status(requestId)).json()) as Record<string, unknown>;
    expect(shown).toMatchObject({ status: 'waiting_for_approval', approvers: ['security'] });
    expect((await status(requestId, 'dave')).status).toBe(404);
    expect((await post(requestId, 'justify', { justification: 'I am locked out' })).status).toBe(202);
    expect((await post(requestId, 'nudge')).status).toBe(202);
    expect((await post(requestId, 'nudge')).status).toBe(429);
    expect((await post(requestId, 'cancel')).status).toBe(202);
    const ended = await response;
    expect(ended.status).toBe(403);
    expect(await ended.json()).toMatchObject({ error: { code: 'approval.cancelled' } });
    expect((await post(requestId, 'cancel')).status).toBe(409);
  });
});

describe('an idempotency key', () => {
  test('with another body is refused with 422', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const { abort } = await send(chat('password of rowan'), key);
    const { requestId } = await heldWith(world, 'rowan');
    await eventually(async () => expect((await status(requestId)).status).toBe(200));
    const other = await (await send(chat('password of sorrel'), key)).response;
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ error: { code: 'request.idempotency_mismatch' } });
    abort();
  });

  test('stands for its body also where the first call is answered already', async () => {
    const key = { 'idempotency-key': 'k-2' };
    world.upstream.answer('quickly');
    for (const content of ['hello teasel', 'hello teasel']) {
      const answer = await (await send(chat(content), key)).response;
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    const other = await (await send(chat('hello verbena'), key)).response;
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ error: { code: 'request.idempotency_mismatch' } });
  });
});

describe('a token that expired while people decide', () => {
  test('is told so on re-attach, with the approval to wait for', async () => {
    const body = chat('password of tansy');
    const { abort } = await send(body);
    const { requestId } = await heldWith(world, 'tansy');
    await eventually(async () => expect((await status(requestId)).status).toBe(200));
    abort();
    const expired = await world.tokens.expired('carol');
    const again = await (await send(body, { authorization: `Bearer ${expired}` })).response;
    expect(again.status).toBe(401);
    expect(await again.json()).toMatchObject({
      error: { code: 'token.expired_while_pending', approval_id: requestId },
    });
  });
});
