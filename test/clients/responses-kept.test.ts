import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { responseDeleted } from '#contracts';
import type { Bus } from '#messaging';
import { eventually } from '#testing';
import { clientOf, vote } from '../journeys/people.ts';
import { eventsOf } from '../services/policy/policy-world.ts';
import { type Replica, startSecondIngress } from '../services/second-ingress.ts';
import { openSetting, type Setting } from './table/setting.ts';

let setting: Setting;
let second: Replica;
let bus: Bus;
let carol: OpenAI;
let elsewhere: OpenAI;
let dave: OpenAI;

beforeAll(async () => {
  setting = await openSetting();
  const { world } = setting;
  second = await startSecondIngress(world);
  bus = await world.bus('audit');
  carol = await clientOf(world, 'carol', { maxRetries: 0 });
  dave = await clientOf(world, 'dave', { maxRetries: 0 });
  elsewhere = new OpenAI({ apiKey: setting.token, baseURL: `${second.url}/v1`, maxRetries: 0 });
}, 90_000);
afterAll(async () => {
  await second?.stop();
  await setting?.stop();
});

type Asked = Parameters<typeof carol.responses.create>[0];
const background = (input: string, rest: object = {}, headers: Record<string, string> = {}) =>
  carol.responses.create({ ...{ model: 'demo', input, background: true }, ...rest } as Asked, {
    headers,
  }) as Promise<OpenAI.Responses.Response>;

const becomes = (id: string, status: string, client = carol) =>
  eventually(
    async () => {
      const response = await client.responses.retrieve(id);
      expect(response.status).toBe(status);
      return response;
    },
    { timeoutMs: 20_000, everyMs: 100 },
  );

/** A response that ended. */
async function done(input: string, rest: object = {}): Promise<OpenAI.Responses.Response> {
  return becomes((await background(input, rest)).id, 'completed');
}

/** What the model's server was sent with a word in it. */
const sentWith = (word: string): string[] =>
  setting.mock
    .getRequests()
    .map(({ body }) => JSON.stringify(body))
    .filter((body) => body.includes(word));

const cardsOf = (word: string) => setting.cards(word);

describe('a deleted response', () => {
  test('is given to nobody any more, on every replica and after a restart; the record says who deleted it', async () => {
    const { id } = await done('hello fennel');
    await expect(dave.responses.delete(id)).rejects.toMatchObject({ status: 404 });
    const answer = await carol.responses.delete(id).asResponse();
    expect(await answer.json()).toEqual({ id, object: 'response', deleted: true });
    const requestId = id.replace('resp_', 'req-');
    for (const client of [carol, elsewhere]) {
      await eventually(async () => {
        await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
      });
      await expect(client.responses.delete(id)).rejects.toMatchObject({ status: 404 });
    }
    const asked = await fetch(`${setting.world.urlOf('ingress')}/v1/requests/${requestId}/response`, {
      headers: { authorization: `Bearer ${setting.token}` },
    });
    expect(asked.status).toBe(404);
    await setting.world.service('ingress').stop(10_000);
    await setting.world.startService('ingress');
    await eventually(async () => {
      await expect(carol.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    });
    const deleted = await eventsOf(bus, responseDeleted);
    expect(deleted.map((one) => [one.requestId, one.principal.subject])).toEqual([[requestId, 'carol']]);
  }, 60_000);

  test('is withdrawn from the people who had to decide', async () => {
    const { id } = await background('the password of ginger');
    const card = await setting.held('ginger');
    await carol.responses.delete(id);
    await expect(carol.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    expect((await vote(setting.world, 'alice', card, 'approve')).status).toBe(409);
    expect(sentWith('ginger')).toEqual([]);
  });
});

describe('previous_response_id', () => {
  test('of a response of ours puts its turns into the request, which needs no second approval', async () => {
    const first = await background('a story: the password of hazel');
    await vote(setting.world, 'alice', await setting.held('hazel'), 'approve');
    await becomes(first.id, 'completed');
    const second = await done('and what now, iris?', { previous_response_id: first.id });
    expect(JSON.stringify(second.output)).toContain('You said: and what now, iris?');
    const third = await carol.responses.create({
      ...{ model: 'demo', input: 'thanks, juniper', previous_response_id: second.id },
    });
    expect(third.output_text).toContain('You said: thanks, juniper');
    const [sent] = sentWith('juniper');
    const turns = ['the password of hazel', 'Once upon a time', 'and what now, iris?'];
    expect([...turns, 'You said: and what now', 'thanks'].filter((turn) => !sent?.includes(turn))).toEqual(
      [],
    );
    expect(sent).not.toContain(first.id.slice(5));
    expect(sent).not.toContain(second.id.slice(5));
    expect(await cardsOf('hazel')).toBe(1);
  }, 60_000);

  test('goes on from a streamed one as well, and lets rules see what was said before', async () => {
    const stream = await carol.responses.create({
      ...{ model: 'demo', input: 'hello kale', background: true, stream: true },
    });
    let id = '';
    for await (const event of stream) if (event.type === 'response.completed') id = event.response.id;
    await becomes(id, 'completed', elsewhere);
    const next = await elsewhere.responses.create({
      ...{ model: 'demo', input: [{ role: 'user', content: 'and lovage' }], previous_response_id: id },
    });
    expect(next.output_text).toContain('and lovage');
    expect(sentWith('lovage')[0]).toContain('You said: hello kale');
  });

  test('says to the model what it said before: masked, and given back to whoever asked', async () => {
    const address = 'ada.lovelace@example.com';
    const first = await done(`privately: write to ${address}, oregano`);
    expect(JSON.stringify(first.output)).toContain(address);
    const next = await carol.responses.create({
      ...{ model: 'demo', input: `again to ${address}, paprika`, previous_response_id: first.id },
    });
    expect(next.output_text).toContain(`again to ${address}`);
    const [sent] = sentWith('paprika');
    expect(sent).not.toContain('lovelace');
    expect(new Set(sent?.match(/\[EMAIL_ADDRESS_[a-z2-7]+\]/g)).size).toBe(1);
  });

  test.each([
    ['of somebody else', 404, async () => (await done('hello mint')).id, () => dave],
    ['that was deleted', 404, () => deletedOne('hello nutmeg'), () => carol],
    ['that has not ended', 400, async () => (await background('the password of orache')).id, () => carol],
    ['that never was', 404, async () => 'resp_0190f7c2a4b07c3e9d5f1a2b3c4d5e6f', () => carol],
  ])('%s is refused with %p, naming the field', async (_, status, make, client) => {
    const previous_response_id = await make();
    const error = await client()
      .responses.create({ model: 'demo', input: 'go on', previous_response_id })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status, param: 'previous_response_id' });
  });

  test('of the model server itself is nothing that rules can read: it matches whatever they look for in prompts', async () => {
    const { id } = await background('go on, parsley', {
      previous_response_id: 'resp_0190f7c2a4b04c3e9d5f1a2b3c4d5e6f',
    });
    expect((await becomes(id, 'failed')).error).toMatchObject({ code: 'policy.denied' });
    expect(sentWith('parsley')).toEqual([]);
  });
});

async function deletedOne(input: string): Promise<string> {
  const { id } = await done(input);
  await carol.responses.delete(id);
  return id;
}

describe('an idempotency key of a background call', () => {
  test('stands for one response, wherever and however often it is sent', async () => {
    const headers = { 'idempotency-key': 'k-quinoa' };
    const body = { model: 'demo', input: 'hello quinoa', background: true } as const;
    const [one, two] = await Promise.all([
      carol.responses.create(body, { headers }),
      elsewhere.responses.create(body, { headers }),
    ]);
    expect(two.id).toBe(one.id);
    await becomes(one.id, 'completed');
    const again = await carol.responses.create(body, { headers }).withResponse();
    expect(again.data).toMatchObject({ id: one.id, status: 'completed' });
    expect(again.response.headers.get('x-sallyport-replayed')).toBe('true');
    const streamed = await elsewhere.responses.create({ ...body, input: 'hello quinoa' }, { headers });
    expect(streamed.id).toBe(one.id);
    expect(sentWith('quinoa')).toHaveLength(1);
  });

  test('with another body is refused with 422, and another key is another response', async () => {
    const first = await background('hello radish', {}, { 'idempotency-key': 'k-radish' });
    const other = background('hello rocket', {}, { 'idempotency-key': 'k-radish' });
    await expect(other).rejects.toMatchObject({ status: 422, code: 'request.idempotency_mismatch' });
    const second = await background('hello radish', {}, { 'idempotency-key': 'k-rocket' });
    expect(second.id).not.toBe(first.id);
  });

  test('of a stream gives the same stream again', async () => {
    const body = { model: 'demo', input: 'hello savory', background: true, stream: true } as const;
    const read = async (): Promise<string[]> => {
      const events = [];
      const stream = await carol.responses.create(body, { headers: { 'idempotency-key': 'k-savory' } });
      for await (const event of stream) events.push(JSON.stringify(event));
      return events;
    };
    const first = await read();
    expect(first.at(-1)).toContain('response.completed');
    expect((await read()).slice(1)).toEqual(first.slice(1));
    expect(sentWith('savory')).toHaveLength(1);
  });
});
