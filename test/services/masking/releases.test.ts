import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeEnvelope, type ReleaseTerms, requestCancelled } from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { json, type ModelServer, openStream } from '../model-server.ts';
import { type CallsSetting, startCallsSetting } from './calls-setting.ts';
import { answer, chat, streamed } from './chat.ts';
import type { MaskingWorld } from './masking-world.ts';

let setting: CallsSetting;
let world: MaskingWorld;
let model: ModelServer;

beforeAll(async () => {
  setting = await startCallsSetting();
  ({ world, model } = setting);
});
afterAll(() => setting.stop());

describe('a release that is not authentic', () => {
  const refused = async (name: string, options: Parameters<MaskingWorld['release']>[0]): Promise<void> => {
    model.answer = (_, response) => json(response, answer('must not happen'));
    const { requestId, sequence } = await world.release({ body: chat(name), ...options });
    await eventually(async () => expect(await world.deadLetter(sequence)).toBe(true));
    expect(model.callsWith(name)).toHaveLength(0);
    expect(world.completed.get(requestId)).toBeUndefined();
  };

  test('is not run without a signature', () =>
    refused('unsigned', {
      tamper: (head) => ({ ...head, signature: { ...head.signature, value: '' } }),
    }));

  test('is not run where a term was changed after signing', () =>
    refused('changed terms', {
      tamper: (head) => ({ ...head, terms: { ...head.terms, notAfter: head.terms.notAfter + 1 } }),
    }));

  test('is not run with the signature of another key', () =>
    refused('other key', {
      tamper: (head) => ({
        ...head,
        signature: { ...head.signature, value: Buffer.alloc(32).toString('base64') },
      }),
    }));

  test("is not run where a rule's signature stands on a release by people", () =>
    refused('rule as people', {
      by: 'people',
      tamper: (head) => ({ ...head, signature: world.ruleKey.sign(head.terms) }),
    }));

  test('raises an alarm', async () => {
    expect(await world.metric('sallyport_releases_refused_total{reason="signature"')).toBeGreaterThanOrEqual(
      4,
    );
  });
});

describe('a genuine release', () => {
  test('with another body than the one that was decided on ends without a call', async () => {
    const otherBody = JSON.stringify(chat('swapped body'));
    const { requestId, sequence } = await world.release({ body: chat('decided body'), otherBody });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'release.invalid' });
    expect(await world.deadLetter(sequence)).toBe(true);
    expect([...model.callsWith('swapped body'), ...model.callsWith('decided body')]).toHaveLength(0);
  });

  test('whose path is not the operation that was signed ends without a call', async () => {
    const { requestId } = await world.release({ body: chat('other path'), more: { path: '/v1/embeddings' } });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'release.invalid' });
    expect(model.callsWith('other path')).toHaveLength(0);
  });

  test('that came too late is not run', async () => {
    const { requestId } = await world.release({ body: chat('too late'), notAfter: Date.now() - 1 });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'service.unavailable' });
    expect(model.callsWith('too late')).toHaveLength(0);
  });

  test('of a disabled connection is denied at call time', async () => {
    const { requestId } = await world.release({ connection: 'off', body: chat('switched off') });
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'denied',
      code: 'policy.connection_disabled',
    });
    expect(model.callsWith('switched off')).toHaveLength(0);
  });

  test('of a frozen person is denied at call time, and runs again once they are not', async () => {
    await world.freeze([{ target: 'user', value: 'mallory', at: Date.now() }]);
    model.answer = (_, response) => json(response, answer('ok'));
    await eventually(async () => {
      const { requestId } = await world.release({ user: 'mallory' });
      expect(await world.ending(requestId)).toMatchObject({ outcome: 'denied', code: 'policy.frozen' });
    });
    await world.freeze([]);
    await eventually(async () => {
      const { requestId } = await world.release({ user: 'mallory' });
      expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered' });
    });
  });

  test('of a person whose content was erased can not be read and ends', async () => {
    const beforePublish = () => world.erase('erased-person');
    const { requestId } = await world.release({ user: 'erased-person', beforePublish });
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'failed',
      status: 410,
      code: 'content.erased',
    });
  });

  test('of a person who is erased while the model answers ends without the answer, also where they came back', async () => {
    for (const user of ['erased-midway', 'back-midway']) {
      let goOn = () => {};
      const waits = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      model.answer = async (call, response) => {
        if (!call.body.includes(`ask ${user}`)) return json(response, answer('new'));
        if (call.body.includes('"stream":true')) {
          openStream(response);
          response.write(streamed(['before '])[0]);
          await waits;
          for (const piece of streamed(['after'])) response.write(piece);
          response.end();
        } else {
          await waits;
          json(response, answer('too late'));
        }
      };
      const whole = await world.release({ user, body: chat(`ask ${user}`) });
      const live = await world.release({ user, body: chat(`ask ${user}`, true), stream: true });
      await eventually(() => expect(world.frames.get(live.requestId)).toHaveLength(1));
      await eventually(() => expect(model.callsWith(`ask ${user}`)).toHaveLength(2));
      // Its key is destroyed between sealing and opening, so its ending shows that masking heard of it.
      const probe = await world.release({ user, beforePublish: () => world.forget(user) });
      expect(await world.ending(probe.requestId)).toMatchObject({ code: 'content.erased' });
      if (user === 'back-midway') {
        const again = await world.release({ user, body: chat('hello again') });
        expect(await world.content(again.requestId)).toBe(answer('new'));
      }
      goOn();
      for (const { requestId } of [whole, live]) {
        const ending = await world.ending(requestId);
        expect(ending).toMatchObject({
          outcome: 'failed',
          status: 410,
          code: 'content.erased',
          tail: 'none',
        });
        expect(ending.timings.modelStartedAt).toBeDefined();
        expect(world.completed.get(requestId)?.[0]?.tail).toHaveLength(0);
      }
      expect(world.frames.get(live.requestId)).toHaveLength(1);
    }
  });
});

describe('a release by people', () => {
  test('runs once, and its run is finished', async () => {
    model.answer = (_, response) => json(response, answer('approved'));
    const { requestId, head } = await world.release({ by: 'people', body: chat('by people') });
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'answered',
      destination: 'parked',
      attempt: 1,
    });
    await eventually(async () => expect((await world.runOf(head.terms)).state).toBe('finished'));
    const again = await world.release({ by: 'people', requestId, run: 'none', body: chat('by people') });
    const last = await world.release({ body: chat('after it') });
    await world.ending(last.requestId);
    expect(again.requestId).toBe(requestId);
    expect(model.callsWith('by people')).toHaveLength(1);
  });

  test('that approval revoked is not run', async () => {
    const revoked = { state: 'revoked' as const };
    const { requestId } = await world.release({ by: 'people', body: chat('withdrawn'), run: revoked });
    const last = await world.release({ body: chat('a later one') });
    await world.ending(last.requestId);
    expect(model.callsWith('withdrawn')).toHaveLength(0);
    expect(world.completed.get(requestId)).toBeUndefined();
  });

  test('that nobody opened a run for is not run', async () => {
    const { requestId } = await world.release({ by: 'people', body: chat('not opened'), run: 'none' });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'release.invalid' });
    expect(model.callsWith('not opened')).toHaveLength(0);
  });

  test('that expired is not run', async () => {
    const notAfter = Date.now() - 1;
    const { requestId } = await world.release({ by: 'people', body: chat('expired'), notAfter });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'expired', code: 'approval.expired' });
    expect(model.callsWith('expired')).toHaveLength(0);
  });
});

describe('a cancelled request', () => {
  const cancel = (requestId: string, reason: 'client_gone' | 'requester') =>
    world
      .bus('ingress')
      .publish(requestCancelled.subject(), encodeEnvelope({ requestId, reason, at: Date.now() }));
  const hang = (): void => {
    model.answer = (_, response) => {
      openStream(response);
      response.write(streamed(['begun '])[0]);
    };
  };

  test('has its call ended, with what was said so far in the record', async () => {
    hang();
    const { requestId } = await world.release({ stream: true, body: chat('cancel me', true) });
    await eventually(() => expect(world.frames.get(requestId)).toHaveLength(1));
    await cancel(requestId, 'client_gone');
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'cancelled',
      tail: 'transcript',
      frames: 1,
    });
    await eventually(() => expect(model.callsWith('cancel me')[0]?.closedEarly).toBe(true));
  });

  test('that an approver stops ends once: with what was said so far, else with the reason', async () => {
    const stop = async (requestId: string, subjectKey: string, terms: ReleaseTerms) => {
      const label = contentLabel(requestId, 'reason');
      const sealed = await world.sealer.seal(subjectKey, label, Buffer.from('{"reason":"enough"}'));
      const claimed = await world.runOf(terms);
      await world.openRun(terms, { ...claimed, state: 'revoked', reason: sealed.toString('base64') });
    };
    hang();
    const begun = await world.release({ by: 'people', stream: true, body: chat('begun then stopped', true) });
    await eventually(() => expect(world.frames.get(begun.requestId)).toHaveLength(1));
    await stop(begun.requestId, begun.head.subjectKey, begun.head.terms);
    const rejected = { outcome: 'rejected', code: 'approval.rejected' };
    expect(await world.ending(begun.requestId)).toMatchObject({ ...rejected, tail: 'transcript', frames: 1 });
    expect(await world.content(begun.requestId)).toContain('begun ');
    model.answer = () => undefined;
    const silent = await world.release({ by: 'people', body: chat('silent then stopped') });
    await eventually(() => expect(model.callsWith('silent then stopped')).toHaveLength(1));
    await stop(silent.requestId, silent.head.subjectKey, silent.head.terms);
    expect(await world.ending(silent.requestId)).toMatchObject({ ...rejected, tail: 'reason', frames: 0 });
    const { tail } = world.completed.get(silent.requestId)![0]!;
    const label = contentLabel(silent.requestId, 'reason');
    const opened = await world.sealer.open(silent.head.subjectKey, label, tail);
    expect(opened.toString()).toContain('enough');
  });

  test('goes on where it is parked and only its client left', async () => {
    let finish: () => void = () => undefined;
    model.answer = async (_, response) => {
      openStream(response);
      await new Promise<void>((resolve) => (finish = resolve));
      response.end(streamed(['done']).join(''));
    };
    const { requestId } = await world.release({
      by: 'people',
      stream: true,
      body: chat('parked call', true),
    });
    await eventually(() => expect(model.callsWith('parked call')).toHaveLength(1));
    await cancel(requestId, 'client_gone');
    // A later cancellation that was heard proves that this one was.
    hang();
    const probe = await world.release({ stream: true, body: chat('probe', true) });
    await eventually(() => expect(world.frames.get(probe.requestId)).toHaveLength(1));
    await cancel(probe.requestId, 'client_gone');
    await world.ending(probe.requestId);
    finish();
    expect((await world.ending(requestId)).outcome).toBe('answered');
  });

  test('is not called where the cancellation came first', async () => {
    const requestId = `req-${'c'.repeat(32)}`;
    await cancel(requestId, 'client_gone');
    await world.release({ requestId, body: chat('cancelled before') });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'cancelled', tail: 'none' });
    expect(model.callsWith('cancelled before')).toHaveLength(0);
  });
});
