import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeEnvelope, type ReleaseTerms, requestCancelled } from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { json, ModelServer, openStream } from '../model-server.ts';
import { answer, chat, credential, MaskingWorld, said, streamed } from './masking-world.ts';

let world: MaskingWorld;
let model: ModelServer;
let other: ModelServer;
const timeouts = { connect: '2s', firstByte: '1s', idle: '1s', total: '20s' };
const email = 'jane.doe@example.com';
// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
const bearer = { kind: 'bearer', secret: '${file:upstream.key}' };

const connections = () => ({
  local: { baseUrl: model.url, credential: bearer, concurrency: 16, timeouts },
  narrow: { baseUrl: `${other.url}/v1`, concurrency: 2 },
  off: { baseUrl: model.url, enabled: false },
  nowhere: { baseUrl: 'http://127.0.0.1:1', timeouts },
});

beforeAll(async () => {
  world = await MaskingWorld.open();
  model = await ModelServer.start();
  other = await ModelServer.start();
  await world.activate(connections());
  await world.start();
});

afterAll(async () => {
  await world.close();
  await model.stop();
  await other.stop();
});

const stream = (pieces: readonly string[]): void => {
  model.answer = (_, response) => {
    openStream(response);
    for (const piece of pieces) response.write(piece);
    response.end();
  };
};

describe('an allowed request', () => {
  test('reaches the model as it came, with the credential, and its answer comes back sealed', async () => {
    const text = '{ "model":"m",  "messages":[{"role":"user","content":"odd  white\\u0020space"}],"x":1 }';
    model.answer = (_, response) => json(response, answer('fine'));
    const more = {
      headers: { 'content-type': 'application/json', authorization: 'Bearer mine', cookie: 'c' },
    };
    const { requestId, head } = await world.release({ text, more });
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({
      outcome: 'answered',
      status: 200,
      tail: 'body',
      stream: false,
      frames: 0,
    });
    expect(ending).toMatchObject({ attempt: 1, sentDigest: head.terms.digest, edited: false });
    expect(ending.usage).toEqual({ promptTokens: 3, completionTokens: 5 });
    expect(await world.content(requestId)).toBe(answer('fine'));
    const [call] = model.callsWith('odd  white');
    expect(call).toMatchObject({ body: text, url: '/v1/chat/completions', method: 'POST' });
    expect(call?.headers.authorization).toBe(`Bearer ${credential}`);
    expect(call?.headers.cookie).toBeUndefined();
  });

  test('is streamed in numbered frames, byte for byte, and the transcript is what the frames said', async () => {
    const pieces = [': a comment\n\n', ...streamed(['one ', 'tw\u00f6 ', 'three']), '\n'];
    const bytes = Buffer.from(pieces.join('').replaceAll('\n', '\r\n'));
    model.answer = (_, response) => {
      openStream(response);
      for (let at = 0; at < bytes.length; at += 37) response.write(bytes.subarray(at, at + 37));
      response.end();
    };
    const { requestId, head } = await world.release({ stream: true });
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'answered', status: 200, tail: 'transcript', stream: true });
    const frames = world.frames.get(requestId) ?? [];
    expect(frames.map(({ number }) => number)).toEqual(frames.map((_, index) => index + 1));
    expect(ending.frames).toBe(frames.length);
    const text = await world.frameText(requestId, head.subjectKey);
    expect(text.trimEnd()).toBe(bytes.toString('utf8').trimEnd());
    expect(await world.content(requestId)).toBe(text);
  });

  test('has its first frame out while the model still speaks', async () => {
    let go: () => void = () => undefined;
    const pieces = streamed(['early ', 'late']);
    model.answer = async (_, response) => {
      openStream(response);
      response.write(pieces[0]);
      await new Promise<void>((resolve) => (go = resolve));
      response.end(pieces.slice(1).join(''));
    };
    const { requestId, head } = await world.release({ stream: true });
    await eventually(() => expect(world.frames.get(requestId)).toHaveLength(1));
    expect(said(await world.frameText(requestId, head.subjectKey))).toBe('early ');
    expect(world.completed.get(requestId)).toBeUndefined();
    go();
    expect((await world.ending(requestId)).outcome).toBe('answered');
  });

  test('goes to the model under its own name for it, below a base URL that ends in /v1', async () => {
    other.answer = (_, response) => json(response, answer('ok'));
    const body = { ...chat('renamed please'), model: 'alias' };
    const { requestId, head } = await world.release({
      connection: 'narrow',
      body,
      upstreamModel: 'real-name',
    });
    const ending = await world.ending(requestId);
    const [call] = other.callsWith('renamed please');
    expect(JSON.parse(call?.body ?? '')).toEqual({ ...body, model: 'real-name' });
    expect(call?.url).toBe('/v1/chat/completions');
    expect(ending.sentDigest).not.toBe(head.terms.digest);
  });

  test('keeps an answer that is too large for a message in the object store', async () => {
    const long = answer('x'.repeat(700_000));
    model.answer = (_, response) => json(response, long);
    const { requestId } = await world.release();
    expect(await world.ending(requestId)).toMatchObject({ tail: 'body', store: `${requestId}.answer` });
    expect(world.completed.get(requestId)?.[0]?.tail).toHaveLength(0);
  });
});

describe('masking', () => {
  test('covers what the rule says in request and answer, and only counts are recorded', async () => {
    const profile = await world.profile({ packs: ['core'], defaults: { operator: { kind: 'token' } } });
    model.answer = (_, response) => json(response, answer(`write to ${email} and bob@example.org`));
    const obligations = { maskRequest: profile, maskAnswer: profile };
    const { requestId } = await world.release({ body: chat(`I am ${email}, masked`), obligations });
    const ending = await world.ending(requestId);
    const [call] = model.callsWith(', masked');
    expect(call?.body).not.toContain(email);
    const content = await world.content(requestId);
    expect(content).not.toContain(email);
    expect(content).not.toContain('bob@example.org');
    const [placeholder] = /\[EMAIL_ADDRESS_[a-z0-9]+\]/.exec(call?.body ?? '') ?? ['missing'];
    expect(content).toContain(placeholder);
    expect(ending.findings).toEqual([
      expect.objectContaining({ entity: 'EMAIL_ADDRESS', where: 'request', count: 1 }),
      expect.objectContaining({ entity: 'EMAIL_ADDRESS', where: 'answer', count: 2 }),
    ]);
    expect(JSON.stringify(ending)).not.toContain(email);
  });

  test('finds a value that the model spreads over many chunks, and no frame shows a part of it', async () => {
    const profile = await world.profile({ packs: ['core'], defaults: { operator: { kind: 'replace' } } });
    stream(streamed(['mail ', ...email, ' now']));
    const { requestId, head } = await world.release({ stream: true, obligations: { maskAnswer: profile } });
    expect((await world.ending(requestId)).outcome).toBe('answered');
    const text = said(await world.frameText(requestId, head.subjectKey));
    expect(text).toBe('mail <EMAIL_ADDRESS> now');
    expect(said(await world.content(requestId))).toBe(text);
  });

  test('that blocks ends the stream after what was decided before, and names types and counts only', async () => {
    const profile = await world.profile({ packs: ['core'], defaults: { operator: { kind: 'block' } } });
    stream(streamed(['harmless words, ', 'then ', email, ' and more']));
    const { requestId } = await world.release({ stream: true, obligations: { maskAnswer: profile } });
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'blocked', status: 403, code: 'masking.blocked' });
    expect(ending.message).toContain('EMAIL_ADDRESS (1)');
    const content = await world.content(requestId);
    expect(said(content)).toMatch(/^harmless words/);
    expect(content).not.toContain('jane');
  });

  test('that blocks the request never calls the model', async () => {
    const profile = await world.profile({ packs: ['core'], defaults: { operator: { kind: 'block' } } });
    const body = chat(`blocked: ${email}`);
    const { requestId } = await world.release({ body, obligations: { maskRequest: profile } });
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'blocked',
      code: 'masking.blocked',
      tail: 'none',
    });
    expect(model.callsWith('blocked: ')).toHaveLength(0);
  });

  test('whose detector elsewhere can not be asked never reaches the model', async () => {
    const external = { url: 'http://127.0.0.1:1/analyze', privateNetworks: ['127.0.0.0/8'] };
    const profile = await world.profile({ packs: ['core'], external });
    const body = chat('nobody to ask');
    const { requestId } = await world.release({ body, obligations: { maskRequest: profile } });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'blocked', code: 'masking.blocked' });
    expect(model.callsWith('nobody to ask')).toHaveLength(0);
  });

  test('without its profile fails closed: no call', async () => {
    const maskAnswer = { name: 'gone', digest: 'a'.repeat(64) };
    const { requestId } = await world.release({ body: chat('no profile'), obligations: { maskAnswer } });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'internal.error' });
    expect(model.callsWith('no profile')).toHaveLength(0);
  });

  test('covers the error text of a model server, and passes its status on', async () => {
    const profile = await world.profile({ packs: ['core'] });
    const error = JSON.stringify({ error: { message: `no such user ${email}`, type: 'invalid' } });
    model.answer = (_, response) => json(response, error, 400);
    const { requestId } = await world.release({ obligations: { maskAnswer: profile } });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered', status: 400 });
    expect(await world.content(requestId)).not.toContain(email);
  });
});

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

describe('a model server that fails', () => {
  test('by not being there is 502, and after some failures at once', async () => {
    for (let n = 0; n < 6; n++) {
      const { requestId } = await world.release({ connection: 'nowhere' });
      expect(await world.ending(requestId)).toMatchObject({
        ...{ outcome: 'failed', status: 502, code: 'upstream.unavailable', tail: 'none' },
      });
    }
    expect(await world.metric('sallyport_upstream_breaker_open{connection="nowhere"')).toBe(1);
  });

  test('by saying nothing is 504, and the call is ended', async () => {
    model.answer = () => undefined;
    const { requestId } = await world.release({ body: chat('silence') });
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'failed',
      status: 504,
      code: 'upstream.timeout',
    });
    await eventually(() => expect(model.callsWith('silence')[0]?.closedEarly).toBe(true));
  });

  test('by stopping mid-stream is an interruption after the frames so far', async () => {
    const [first = '', second = ''] = streamed(['half ', 'an answer']);
    model.answer = (_, response) => {
      openStream(response);
      response.write(first);
      response.write(second);
      setTimeout(() => response.destroy(), 50);
    };
    const { requestId } = await world.release({ stream: true });
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'failed', status: 502, code: 'upstream.interrupted' });
    expect(ending).toMatchObject({ tail: 'transcript', stream: true });
    expect(said(await world.content(requestId))).toBe('half an answer');
  });

  test('by ending a stream without a finish is an interruption too', async () => {
    stream(streamed(['cut ', 'off']).slice(0, 2));
    const { requestId } = await world.release({ stream: true });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'upstream.interrupted' });
  });

  test('by redirecting is not followed', async () => {
    model.answer = (_, response) => {
      response.writeHead(307, { location: `${other.url}/v1/chat/completions` });
      response.end();
    };
    const { requestId } = await world.release({ body: chat('redirected') });
    expect(await world.ending(requestId)).toMatchObject({
      outcome: 'failed',
      code: 'upstream.invalid_answer',
    });
    expect(other.callsWith('redirected')).toHaveLength(0);
  });

  test('by repeating the credential does not give it away', async () => {
    model.answer = ({ headers }, response) =>
      json(response, JSON.stringify({ error: { message: `bad key: ${headers.authorization}` } }), 401);
    const { requestId } = await world.release();
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered', status: 401 });
    expect(await world.content(requestId)).toContain('bad key: Bearer [credential]');
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

describe('a connection', () => {
  test('never has more calls at once than it allows, and a hung one stops no other', async () => {
    const waiting: (() => void)[] = [];
    other.mostAtOnce = 0;
    other.answer = async (_, response) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      json(response, answer('late'));
    };
    const slow = await Promise.all(
      Array.from({ length: 6 }, () => world.release({ connection: 'narrow', body: chat('slow one') })),
    );
    await eventually(() => expect(waiting).toHaveLength(2));
    model.answer = (_, response) => json(response, answer('quick'));
    const quick = await world.release();
    expect((await world.ending(quick.requestId)).outcome).toBe('answered');
    expect(waiting).toHaveLength(2);
    await eventually(() => {
      for (const finish of waiting.splice(0)) finish();
      for (const { requestId } of slow) expect(world.completed.has(requestId)).toBe(true);
    });
    expect(other.mostAtOnce).toBe(2);
  });
});

describe('the credential', () => {
  test('stands in no event, frame or log line', async () => {
    const bytes = await world.everyByte();
    expect(bytes.length).toBeGreaterThan(1000);
    expect(bytes.includes(credential)).toBe(false);
    const logs = await world.logs();
    expect(logs).toContain('listening for releases');
    expect(logs).not.toContain(credential);
    expect(logs).not.toContain(email);
  });
});
