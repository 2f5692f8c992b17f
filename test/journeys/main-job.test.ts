import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { startWorld, type World } from '#testing';
import { approvalApi, chat, clientOf, heldWith, textOf, vote } from './people.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
}, 60_000);
afterAll(() => world.stop());

describe('an allowed request', () => {
  test('is answered, streamed and not, by the unmodified openai client', async () => {
    world.upstream.answer({ pieces: ['Good ', 'morning', ', Carol.'] });
    const client = await clientOf(world, 'carol');
    const whole = await client.chat.completions.create(chat('hello'));
    expect(whole.choices[0]?.message.content).toBe('Good morning, Carol.');
    const stream = await client.chat.completions.create({ ...chat('hello again'), stream: true });
    expect(await textOf(stream)).toBe('Good morning, Carol.');
  });

  test('comes back masked, however the stream was cut', async () => {
    world.upstream.answer({
      pieces: ['Write to jane.d', 'oe@exam', 'ple.com or pay with 4111 11', '11 1111 1111.'],
    });
    const client = await clientOf(world, 'carol');
    const whole = await client.chat.completions.create(chat('contact'));
    const stream = await client.chat.completions.create({ ...chat('contact, streamed'), stream: true });
    for (const answer of [whole.choices[0]?.message.content ?? '', await textOf(stream)]) {
      expect(answer).toMatch(/^Write to \S+ or pay with .+\.$/);
      expect(answer).not.toMatch(/jane|4111/);
    }
  });

  test('reaches the model with the credential that only the gateway has', async () => {
    world.upstream.answer('ok');
    const client = await clientOf(world, 'dave');
    await client.chat.completions.create(chat('about a password: platform may ask'));
    const last = world.upstream.requests.at(-1);
    expect(last?.headers.authorization).toMatch(/^Bearer \S+$/);
    expect(last?.headers.authorization).not.toContain(client.apiKey);
  });
});

describe('a held request', () => {
  test('waits in the client until an approver releases it', async () => {
    world.upstream.answer('The vault is closed.');
    const before = world.upstream.calls();
    const answer = (await clientOf(world, 'carol')).chat.completions.create(chat('the password of orchid?'));
    const held = await heldWith(world, 'orchid');
    expect(world.upstream.calls()).toBe(before);
    expect((await vote(world, 'alice', held, 'approve')).status).toBe(200);
    expect((await answer).choices[0]?.message.content).toBe('The vault is closed.');
    expect(world.upstream.calls()).toBe(before + 1);
  });

  test('streams once it is released', async () => {
    world.upstream.answer({ pieces: ['one ', 'two ', 'three'] });
    const client = await clientOf(world, 'carol');
    const stream = await client.chat.completions.create({ ...chat('the password of tulip?'), stream: true });
    const reading = textOf(stream);
    expect((await vote(world, 'bob', await heldWith(world, 'tulip'), 'approve')).status).toBe(200);
    expect(await reading).toBe('one two three');
  });

  test('comes back as 403 with the reason when it is rejected', async () => {
    const before = world.upstream.calls();
    const answer = (await clientOf(world, 'carol')).chat.completions
      .create(chat('the password of violet?'))
      .catch((e) => e);
    await vote(world, 'alice', await heldWith(world, 'violet'), 'reject', 'not for contractors');
    const error = await answer;
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, code: 'approval.rejected' });
    expect(String(error.message)).toContain('not for contractors');
    expect(world.upstream.calls()).toBe(before);
  });

  test('runs as edited, and only so', async () => {
    world.upstream.answer('fine');
    const answer = (await clientOf(world, 'carol')).chat.completions
      .create(chat('the password of dahlia?'))
      .withResponse();
    const { id, digest, version } = await heldWith(world, 'dahlia');
    const edits = [{ op: 'replace', pointer: '/messages/0/content', value: 'the colour of dahlia?' }];
    const edited = await approvalApi(world, 'alice', `/v1/approvals/${id}/edits`, {
      digest,
      version,
      edits,
      approve: true,
    });
    expect(edited.status).toBe(200);
    const { response } = await answer;
    expect(response.headers.get('x-sallyport-edited')).toBe('true');
    expect(world.upstream.requests.at(-1)?.body).toContain('the colour of dahlia?');
    const status = await fetch(`${world.urlOf('ingress')}/v1/requests/${id}`, {
      headers: { authorization: `Bearer ${await world.tokenFor('carol')}` },
    });
    expect(await status.json()).toMatchObject({
      edit: {
        differences: [
          {
            pointer: '/messages/0/content',
            change: 'replaced',
            before: 'the password of dahlia?',
            after: 'the colour of dahlia?',
          },
        ],
      },
    });
  });
});

describe('a request that is not let in', () => {
  test.each([
    ['without a token', undefined, 401],
    ['with an expired token', () => world.tokens.expired('carol'), 401],
    ['with a forged token', () => world.tokens.forged('carol'), 401],
    ['with alg none', () => world.tokens.unsigned('carol'), 401],
    ['for another audience', () => world.tokens.wrongAudience('carol'), 401],
  ])('%s gets %s', async (_, token, status) => {
    const response = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${await token()}` }),
      },
      body: JSON.stringify(chat('hello')),
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } });
  });

  test('for an unlisted model gets 403', async () => {
    const asked = (await clientOf(world, 'carol')).chat.completions.create({
      ...chat('hi'),
      model: 'gpt-99',
    });
    await expect(asked).rejects.toMatchObject({ status: 403, code: 'policy.model_not_listed' });
  });
});
