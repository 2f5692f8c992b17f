import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { json, type ModelServer, openStream } from '../model-server.ts';
import { type CallsSetting, startCallsSetting } from './calls-setting.ts';
import { answer, chat, said, streamed } from './chat.ts';
import { credential, type MaskingWorld } from './masking-world.ts';

let setting: CallsSetting;
let world: MaskingWorld;
let model: ModelServer;
let other: ModelServer;
const email = 'jane.doe@example.com';

beforeAll(async () => {
  setting = await startCallsSetting();
  ({ world, model, other } = setting);
});
afterAll(() => setting.stop());

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
