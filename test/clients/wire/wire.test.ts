import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApprovalDetail, type ApprovalList, requestAttached } from '#contracts';
import type { Bus } from '#messaging';
import { eventually, startWorld, type World } from '#testing';
import { eventsOf } from '../../journeys/journey-row.ts';
import { approvalApi, vote } from '../../journeys/people.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../scripted-upstream.ts';
import { answerOf, policy } from './setting.ts';
import { type Spoken, spoken } from './spoken.ts';

let world: World;
let upstream: ScriptedUpstream;
let token: string;
let bus: Bus;
/** So that no two cases say the same: what was approved once isn't held again. */
let cases = 0;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  upstream.say(answerOf);
  world = await startWorld({ config: ({ issuer }) => policy(issuer, upstream.url) });
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
  token = await world.idp.mint({ user: 'carol', expiresInSeconds: 3000 });
  bus = await world.bus('ingress');
}, 90_000);
afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

const streamed = spoken.filter(({ stream }) => stream !== undefined);

interface Sent {
  readonly answer: Promise<Response>;
  leave(): void;
}

function send(of: Spoken, text: string, options: { stream?: boolean; headers?: object } = {}): Sent {
  const control = new AbortController();
  const answer = fetch(`${world.urlOf('ingress')}${of.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...options.headers },
    body: JSON.stringify(of.ask(text, options.stream === true)),
    signal: control.signal,
  });
  answer.catch(() => undefined);
  return { answer, leave: () => control.abort() };
}

/** Runs a case for each call, all at once; what comes of each stands under its name. */
async function each<T>(
  calls: readonly Spoken[],
  run: (of: Spoken, word: string) => Promise<T>,
): Promise<Record<string, T>> {
  cases += 1;
  const prefix = `case${cases}n`;
  const entries = calls.map(async (of, nth) => [of.name, await run(of, `${prefix}${nth}x`)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const all = <T>(calls: readonly Spoken[], value: T): Record<string, T> =>
  Object.fromEntries(calls.map(({ name }) => [name, value]));

const details = new Map<string, ApprovalDetail>();

/** The approval requests with a word, as they were first seen. */
async function cards(word: string): Promise<ApprovalDetail[]> {
  const { body } = await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals?sort=newest&limit=200');
  for (const { id } of body.items) {
    if (details.has(id)) continue;
    details.set(id, (await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`)).body);
  }
  return [...details.values()].filter((card) => JSON.stringify(card).includes(word));
}

const held = (word: string): Promise<ApprovalDetail> =>
  eventually(
    async () => {
      const [card] = await cards(word);
      if (!card) throw new Error(`nothing held with ${word}`);
      return card;
    },
    { timeoutMs: 30_000, everyMs: 100 },
  );

async function statusOf({ requestId }: ApprovalDetail, path = ''): Promise<Response> {
  return fetch(`${world.urlOf('ingress')}/v1/requests/${requestId}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

/** Waits until the gateway says something of a request. */
const says = (card: ApprovalDetail, what: object): Promise<void> =>
  eventually(async () => expect(await (await statusOf(card)).json()).toMatchObject(what), {
    timeoutMs: 20_000,
  });

/** How a client came back, each time, as the log has it. */
const attached = ({ requestId }: ApprovalDetail): Promise<string[]> =>
  eventually(async () => {
    const found = await eventsOf(bus, requestAttached, requestId);
    expect(found).not.toEqual([]);
    return found.map(({ how }) => how);
  });

/** What a refusal looks like to whoever reads it. */
async function refusal(of: Spoken, answer: Response) {
  const error = of.readError(await answer.text());
  const { headers, status } = answer;
  const hasIds = headers.get('x-request-id') === headers.get('x-sallyport-request-id');
  return { status, code: error.code, retry: headers.get('x-should-retry'), hasIds };
}

describe('an error of the model server', () => {
  afterAll(() => upstream.say(answerOf));

  test.each([
    [400, 'false'],
    [404, 'false'],
    [409, 'true'],
    [429, 'true'],
    [500, 'true'],
  ])(
    'with status %p passes byte for byte, and tells SDKs to do what they would do anyway',
    async (status, retry) => {
      const body = `{ "error" : "upstream says ${status}" }\n`;
      upstream.say({ status, headers: { 'content-type': 'application/json' }, pieces: [body] });
      const got = await each(spoken, async (of, word) => {
        const answer = await send(of, `hello ${word}`).answer;
        const told = answer.headers.get('x-should-retry');
        return { status: answer.status, told, same: (await answer.text()) === body };
      });
      expect(got).toEqual(all(spoken, { status, told: retry, same: true }));
    },
  );
});

describe('in every protocol', () => {
  test('an answer passes byte for byte, with the ids of its request and what the gateway took of its time', async () => {
    const got = await each(spoken, async (of, word) => {
      const answer = await send(of, `hello ${word}`).answer;
      const { headers } = answer;
      const id = headers.get('x-sallyport-request-id') ?? '';
      const isIdOk = /^req-[0-9a-f]{32}$/.test(id) && headers.get('x-request-id') === id;
      const isIdOfAnthropic = headers.get('request-id') === (of.name.startsWith('Anthropic') ? id : null);
      const overhead = headers.get('x-sallyport-overhead-ms') ?? '';
      const isTimed = /^\d+$/.test(overhead);
      return {
        status: answer.status,
        same: (await answer.text()) === of.whole,
        isIdOk,
        isIdOfAnthropic,
        isTimed,
      };
    });
    const good = { status: 200, same: true, isIdOk: true, isIdOfAnthropic: true, isTimed: true };
    expect(got).toEqual(all(spoken, good));
  });

  test('a denied call is 403, never sent again by an SDK, and says which rule', async () => {
    const got = await each(spoken, async (of, word) => {
      const answer = await send(of, `forbidden ${word}`).answer;
      const copy = answer.clone();
      const { rules } = of.readError(await copy.text());
      return { ...(await refusal(of, answer)), rule: (rules as string[])[0] };
    });
    expect(got).toEqual(
      all(spoken, { status: 403, code: 'policy.denied', retry: 'false', hasIds: true, rule: 'forbidden' }),
    );
  });

  test('a held stream has its headers and keep-alives while people decide, then the stream of the model byte for byte', async () => {
    const got = await each(streamed, async (of, word) => {
      const answer = await send(of, `password ${word}`, { stream: true }).answer;
      const { type, bytes, keepAlive } = of.stream as NonNullable<Spoken['stream']>;
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      let text = '';
      const read = async (): Promise<boolean> => {
        const { done, value } = await reader.read();
        text += decoder.decode(value, { stream: !done });
        return !done;
      };
      while (text.length < 3 * keepAlive.length) await read();
      await vote(world, 'alice', await held(word), 'approve');
      while (await read());
      const beats = text.slice(0, text.length - bytes.length);
      const { headers, status } = answer;
      return {
        status,
        type: headers.get('content-type')?.startsWith(type),
        cache: headers.get('cache-control'),
        buffering: headers.get('x-accel-buffering'),
        stream: text.endsWith(bytes),
        beats: beats === keepAlive.repeat(beats.length / keepAlive.length),
      };
    });
    const good = { status: 200, type: true, cache: 'no-cache, no-transform', buffering: 'no' };
    expect(got).toEqual(all(streamed, { ...good, stream: true, beats: true }));
  }, 60_000);

  test('a held stream that people reject ends with an error event', async () => {
    const got = await each(streamed, async (of, word) => {
      const answer = await send(of, `password ${word}`, { stream: true }).answer;
      await vote(world, 'alice', await held(word), 'reject', `no ${word}`);
      const error = of.readError(await answer.text());
      return { code: error.code, hasReason: String(error.message).includes(`no ${word}`) };
    });
    expect(got).toEqual(all(streamed, { code: 'approval.rejected', hasReason: true }));
  }, 60_000);

  test('a call whose patience ends gets 503 with where to look; sent again it goes on, asks nobody anew and runs once', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = await send(of, text, { headers: { 'x-sallyport-max-wait': '1' } }).answer;
      const copy = first.clone();
      const error = of.readError(await copy.text());
      const card = await held(word);
      const told = {
        ...(await refusal(of, first)),
        after: first.headers.get('retry-after-ms'),
        id: error.approval_id === card.requestId,
        url: String(error.status_url).endsWith(card.requestId),
        expires: Number.isFinite(Date.parse(String(error.expires_at))),
        approvers: error.approvers,
      };
      await says(card, { connected: false });
      const again = send(of, text);
      await says(card, { connected: true });
      await vote(world, 'alice', card, 'approve');
      const answer = await again.answer;
      return {
        ...told,
        replayed: answer.headers.get('x-sallyport-replayed'),
        same: (await answer.text()) === of.whole,
        asked: (await cards(word)).length,
        attached: await attached(card),
      };
    });
    const told = { status: 503, code: 'approval.pending', retry: 'true', hasIds: true, after: '500' };
    const where = { id: true, url: true, expires: true, approvers: ['security'] };
    expect(got).toEqual(
      all(spoken, { ...told, ...where, replayed: 'true', same: true, asked: 1, attached: ['resend'] }),
    );
    expect(upstream.calls()).toBe(calls + spoken.length);
  }, 60_000);

  test('a client that left finds its answer when it asks the same again, once', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = send(of, text);
      const card = await held(word);
      await says(card, { connected: true });
      first.leave();
      await says(card, { connected: false });
      await vote(world, 'alice', card, 'approve');
      await says(card, { status: 'completed' });
      const stored = await statusOf(card, '/response');
      const again = await send(of, text).answer;
      return {
        stored: (await stored.text()) === of.whole,
        replayed: again.headers.get('x-sallyport-replayed'),
        same: (await again.text()) === of.whole,
        attached: await attached(card),
      };
    });
    const once = { stored: true, replayed: 'true', same: true, attached: ['pickup'] };
    expect(got).toEqual(all(spoken, once));
    expect(upstream.calls()).toBe(calls + spoken.length);
  }, 60_000);

  test('a client that leaves in the moment of its release finds its answer, and the model is asked once', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = send(of, text);
      const card = await held(word);
      await says(card, { connected: true });
      const voted = vote(world, 'alice', card, 'approve');
      first.leave();
      await voted;
      const again = await send(of, text).answer;
      return (await again.text()) === of.whole;
    });
    expect(got).toEqual(all(spoken, true));
    expect(upstream.calls()).toBe(calls + spoken.length);
  }, 60_000);

  test('a rejected call that is sent again gets the same 403, with who decided of what, and asks nobody', async () => {
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = send(of, text);
      const card = await held(word);
      await says(card, { connected: true });
      await vote(world, 'alice', card, 'reject', `never ${word}`);
      const one = await first.answer;
      await says(card, { status: 'completed', connected: false });
      const two = await send(of, text).answer;
      const [before, after] = [
        of.readError(await one.clone().text()),
        of.readError(await two.clone().text()),
      ];
      return {
        one: await refusal(of, one),
        two: await refusal(of, two),
        reason: String(after.message).includes(`never ${word}`) && after.message === before.message,
        id: before.approval_id === card.requestId && after.approval_id === card.requestId,
        approvers: [before.approvers, after.approvers],
        asked: (await cards(word)).length,
      };
    });
    const no = { status: 403, code: 'approval.rejected', retry: 'false', hasIds: true };
    const approvers = [['security'], ['security']];
    expect(got).toEqual(all(spoken, { one: no, two: no, reason: true, id: true, approvers, asked: 1 }));
  }, 60_000);

  test('an edited call says so, and what was changed is for its caller to see', async () => {
    const got = await each(spoken, async (of, word) => {
      const call = send(of, `password ${word}`);
      const card = await held(word);
      const pointer = card.matches[0]?.pointer ?? '';
      const { digest, version } = card;
      const edits = [{ op: 'replace', pointer, value: `colour ${word}` }];
      const edit = { digest, version, approve: true, edits };
      await approvalApi(world, 'alice', `/v1/approvals/${card.id}/edits`, edit);
      const answer = await call.answer;
      const { edit: shown } = (await (await statusOf(card)).json()) as { edit?: object };
      return {
        edited: answer.headers.get('x-sallyport-edited'),
        same: (await answer.text()) === of.whole,
        shown: JSON.stringify(shown).includes(`colour ${word}`),
      };
    });
    expect(got).toEqual(all(spoken, { edited: 'true', same: true, shown: true }));
  }, 60_000);

  test('a call that nobody decides in time is 403, never sent again by an SDK', async () => {
    const got = await each(spoken, async (of, word) => refusal(of, await send(of, `shortly ${word}`).answer));
    expect(got).toEqual(all(spoken, { status: 403, code: 'approval.expired', retry: 'false', hasIds: true }));
  }, 60_000);

  test('two equal calls that both wait are two requests on one card', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const [one, two] = [send(of, `password ${word}`), send(of, `password ${word}`)];
      const { id } = await held(word);
      const card = await eventually(async () => {
        const { body } = await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`);
        expect(body.count).toBe(2);
        return body;
      });
      await vote(world, 'alice', card, 'approve');
      const answers = await Promise.all([one, two].map(async ({ answer }) => (await answer).text()));
      return answers.every((text) => text === of.whole);
    });
    expect(got).toEqual(all(spoken, true));
    expect(upstream.calls()).toBe(calls + 2 * spoken.length);
  }, 60_000);

  test('Prefer: respond-async gets 202 with where the answer will be', async () => {
    const got = await each(spoken, async (of, word) => {
      const headers = { prefer: 'respond-async' };
      const accepted = await send(of, `password ${word}`, { headers }).answer;
      const card = await held(word);
      await vote(world, 'alice', card, 'approve');
      await says(card, { status: 'completed' });
      return {
        status: accepted.status,
        applied: accepted.headers.get('preference-applied'),
        location: accepted.headers.get('location')?.endsWith(`/v1/requests/${card.requestId}`),
        same: (await (await statusOf(card, '/response')).text()) === of.whole,
      };
    });
    expect(got).toEqual(all(spoken, { status: 202, applied: 'respond-async', location: true, same: true }));
  }, 60_000);

  test('a stream that is picked up later looks as it would have looked', async () => {
    const got = await each(streamed, async (of, word) => {
      const headers = { prefer: 'respond-async' };
      await send(of, `password ${word}`, { stream: true, headers }).answer;
      const card = await held(word);
      await vote(world, 'alice', card, 'approve');
      await says(card, { status: 'completed' });
      const answer = await statusOf(card, '/response');
      const { type, bytes } = of.stream as NonNullable<Spoken['stream']>;
      const sameType = answer.headers.get('content-type')?.startsWith(type);
      return { sameType, same: (await answer.text()) === bytes };
    });
    expect(got).toEqual(all(streamed, { sameType: true, same: true }));
  }, 60_000);

  test('an idempotency key with another body is 422; a token that is over while people decide is 401 and says so', async () => {
    const expired = await world.tokens.expired('carol');
    const got = await each(spoken, async (of, word) => {
      const key = { 'idempotency-key': word };
      const first = send(of, `password ${word}`, { headers: key });
      const card = await held(word);
      await says(card, { connected: true });
      const other = await send(of, `password ${word} too`, { headers: key }).answer;
      first.leave();
      const headers = { ...key, authorization: `Bearer ${expired}` };
      const late = await send(of, `password ${word}`, { headers }).answer;
      return { other: await refusal(of, other), late: await refusal(of, late) };
    });
    const no = { retry: 'false', hasIds: true };
    const other = { status: 422, code: 'request.idempotency_mismatch', ...no };
    const late = { status: 401, code: 'token.expired_while_pending', ...no };
    expect(got).toEqual(all(spoken, { other, late }));
  }, 60_000);
});
