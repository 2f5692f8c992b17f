import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type OpenAI from 'openai';
import { eventually } from '#testing';
import { clientOf, vote } from '../journeys/people.ts';
import { openSetting, type Setting } from './table/setting.ts';

let setting: Setting;
let carol: OpenAI;
let dave: OpenAI;

beforeAll(async () => {
  setting = await openSetting();
  carol = await clientOf(setting.world, 'carol', { maxRetries: 0 });
  dave = await clientOf(setting.world, 'dave', { maxRetries: 0 });
}, 90_000);
afterAll(() => setting.stop());

const inBackground = (input: string) => carol.responses.create({ model: 'demo', input, background: true });

const becomes = (id: string, status: string): Promise<OpenAI.Responses.Response> =>
  eventually(
    async () => {
      const response = await carol.responses.retrieve(id);
      expect(response.status).toBe(status);
      return response;
    },
    { timeoutMs: 20_000, everyMs: 100 },
  );

describe('a response in the background', () => {
  test('is queued while people decide, and is there under the same id afterwards', async () => {
    const begun = await inBackground('the password of aster');
    expect(begun).toMatchObject({ status: 'queued', background: true, model: 'demo' });
    const card = await setting.held('aster');
    expect((await becomes(begun.id, 'queued')).id).toBe(begun.id);
    await vote(setting.world, 'alice', card, 'approve');
    const done = await becomes(begun.id, 'completed');
    expect(done.id).toBe(begun.id);
    expect(JSON.stringify(done.output)).toContain('You said: the password of aster');
    const [sent] = setting.mock.getRequests().filter((each) => JSON.stringify(each.body).includes('aster'));
    expect(sent?.body).not.toMatchObject({ background: true });
  });

  test('runs at once where nobody has to decide', async () => {
    const { id } = await inBackground('hello begonia');
    expect(JSON.stringify((await becomes(id, 'completed')).output)).toContain('hello begonia');
  });

  test('fails with the reason where people reject it', async () => {
    const { id } = await inBackground('the password of clover');
    await vote(setting.world, 'alice', await setting.held('clover'), 'reject', 'no clover');
    const failed = await becomes(id, 'failed');
    expect(failed.error).toMatchObject({ code: 'approval.rejected' });
    expect(failed.error?.message).toContain('no clover');
  });

  test('is withdrawn by whoever asked for it, and seen by nobody else', async () => {
    const { id } = await inBackground('the password of dahlia');
    await setting.held('dahlia');
    await expect(dave.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(dave.responses.cancel(id)).rejects.toMatchObject({ status: 404 });
    await becomes(id, 'queued');
    expect((await carol.responses.cancel(id)).status).toBe('cancelled');
    expect((await carol.responses.retrieve(id)).status).toBe('cancelled');
  });

  test('that is streamed goes on without its client, and is taken up again after the last event it had', async () => {
    const stream = await carol.responses.create({
      ...{ model: 'demo', input: 'the password of erica', background: true, stream: true },
    });
    let id = '';
    for await (const event of stream) {
      expect(event).toMatchObject({ type: 'response.queued', sequence_number: 0 });
      if (event.type === 'response.queued') id = event.response.id;
      break;
    }
    const card = await setting.held('erica');
    const again = await carol.responses.retrieve(id, { stream: true, starting_after: 0 });
    await vote(setting.world, 'alice', card, 'approve');
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of again) events.push(event);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, k) => k + 1));
    const last = events.at(-1);
    expect(last).toMatchObject({ type: 'response.completed', response: { id, status: 'completed' } });
    const tail = await carol.responses.retrieve(id, { stream: true, starting_after: events.length - 1 });
    const rest = [];
    for await (const event of tail) rest.push(event.type);
    expect(rest).toEqual(['response.completed']);
    expect(JSON.stringify((await carol.responses.retrieve(id)).output)).toContain('password of erica');
  });

  test.each(['resp_unknown', 'resp_00000000000000000000000000000000', 'req-1'])(
    '%s is not found',
    async (id) => {
      await expect(carol.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    },
  );
});
