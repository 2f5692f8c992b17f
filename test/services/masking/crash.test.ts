import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeEnvelope, type RequestCompleted, requestCompleted } from '#contracts';
import type { RunningProcess } from '#embedded';
import { eventually } from '#testing';
import { json, ModelServer, openStream } from '../model-server.ts';
import { answer, chat, said, streamed } from './chat.ts';
import { MaskingWorld, type Published } from './masking-world.ts';

let world: MaskingWorld;
let model: ModelServer;
let second: RunningProcess;
const begun = new Map<string, Published>();

/** Says nothing to the first call with a text (or the start of a stream), and answers the next; `hopeless` never. */
function answerSecondCalls(): void {
  model.answer = ({ body }, response) => {
    const isFirst = model.calls.filter((call) => call.body === body).length === 1;
    if (body.includes('lost stream')) {
      openStream(response);
      response.write(streamed(['seen '])[0]);
    } else if (!isFirst && !body.includes('hopeless')) json(response, answer('second try'));
  };
}

beforeAll(async () => {
  world = await MaskingWorld.open();
  model = await ModelServer.start();
  answerSecondCalls();
  await world.activate({ local: { baseUrl: model.url } });
  const first = await world.start('masking-1');
  for (const text of ['lost call', 'ended meanwhile', 'hopeless']) {
    begun.set(text, await world.release({ body: chat(text) }));
  }
  begun.set('lost stream', await world.release({ body: chat('lost stream', true), stream: true }));
  for (const text of begun.keys()) await eventually(() => expect(model.callsWith(text)).toHaveLength(1));
  const { requestId } = begun.get('lost stream')!;
  await eventually(() => expect(world.frames.get(requestId)).toHaveLength(1));
  await first.kill();
  await endElsewhere(begun.get('ended meanwhile')!);
  second = await world.start('masking-2');
});

afterAll(async () => {
  await world.close();
  await model.stop();
});

async function endElsewhere({ head, requestId }: Published): Promise<void> {
  const ending: RequestCompleted = {
    ...{ requestId, version: 1, outcome: 'cancelled', status: 499, tail: 'none', stream: false, frames: 0 },
    ...{ attempt: 0, edited: false, subjectKey: head.subjectKey, destination: head.destination },
    ...{ rules: [], findings: [], timings: { receivedAt: 1, completedAt: 2 } },
  };
  const options = { messageId: `${requestId}:completed` };
  await world
    .bus('policy')
    .publish(requestCompleted.subject(head.destination), encodeEnvelope(ending), options);
}

describe('a replica that is killed during a call', () => {
  test('leaves an answer that reached nobody to one more try', async () => {
    const { requestId } = begun.get('lost call')!;
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered', attempt: 2 });
    expect(model.callsWith('lost call')).toHaveLength(2);
  });

  test('is not followed by a second call once the client may have seen a frame', async () => {
    const { requestId } = begun.get('lost stream')!;
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'failed', status: 502, code: 'upstream.interrupted' });
    expect(model.callsWith('lost stream')).toHaveLength(1);
  });

  test('twice leaves no third try', async () => {
    await eventually(() => expect(model.callsWith('hopeless')).toHaveLength(2));
    await second.kill();
    await world.start('masking-3');
    const { requestId } = begun.get('hopeless')!;
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'failed', code: 'upstream.interrupted' });
    expect(model.callsWith('hopeless')).toHaveLength(2);
  });

  test('is not followed by a second call where the request ended meanwhile', async () => {
    const { requestId } = begun.get('ended meanwhile')!;
    expect(model.callsWith('ended meanwhile')).toHaveLength(1);
    expect(world.completed.get(requestId)).toHaveLength(1);
  });
});

describe("a run of people's release", () => {
  const claimed = { state: 'claimed' as const, claimedBy: 'a dead replica' };

  test('is taken over once its lease is over, as attempt 2', async () => {
    model.answer = (_, response) => json(response, answer('taken over'));
    const run = { ...claimed, attempt: 1, leaseUntil: Date.now() - 1 };
    const { requestId } = await world.release({ by: 'people', run, body: chat('taken over') });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered', attempt: 2 });
  });

  test('is left to the replica that has it while its lease lasts', async () => {
    const run = { ...claimed, attempt: 1, leaseUntil: Date.now() + 2500 };
    const { requestId } = await world.release({ by: 'people', run, body: chat('still leased') });
    await world.ending(requestId);
    expect(Date.now()).toBeGreaterThanOrEqual(run.leaseUntil);
    expect(model.callsWith('still leased')).toHaveLength(1);
  });

  test('that was taken over before ends as failed', async () => {
    const run = { ...claimed, attempt: 2, leaseUntil: Date.now() - 1 };
    const { requestId } = await world.release({ by: 'people', run, body: chat('lost twice') });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'upstream.interrupted' });
    expect(model.callsWith('lost twice')).toHaveLength(0);
  });
});

describe('a replica that is asked to stop', () => {
  test('lets its calls end first, then exits in order', async () => {
    await world.killReplicas();
    const replica = await world.start('masking-4');
    let finish: () => void = () => undefined;
    model.answer = async (_, response) => {
      openStream(response);
      response.write(streamed(['one '])[0]);
      await new Promise<void>((resolve) => (finish = resolve));
      response.end(streamed(['two']).join(''));
    };
    const { requestId } = await world.release({ stream: true, body: chat('draining', true) });
    await eventually(() => expect(world.frames.get(requestId)).toHaveLength(1));
    const stopped = replica.stop(18_000);
    const late = await world.release({ body: chat('after the stop') });
    finish();
    await stopped;
    expect(await replica.exited).toMatchObject({ code: 0 });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered' });
    expect(said(await world.content(requestId))).toBe('one two');
    expect(world.completed.get(late.requestId)).toBeUndefined();
  });
});
