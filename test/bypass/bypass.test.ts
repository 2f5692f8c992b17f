import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { protocolNames } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import type { RequestStatus } from '../../services/ingress/requests.controller.ts';

/** One way around the rules that doesn't work. Sent by carol, a contractor, to the seed's model. */
const Trick = z.strictObject({
  trick: z.string(),
  path: z.string().default('/v1/chat/completions'),
  headers: z.record(z.string(), z.string()).optional(),
  /** `<repeat>` stands for `repeat.text`, so many times. */
  body: z.string().optional(),
  repeat: z.strictObject({ text: z.string(), times: z.number() }).optional(),
  /** A body that isn't text. */
  hex: z.string().optional(),
  expect: z.enum(['held', 'denied', 'refused']),
  code: z.string().optional(),
});

const folder = 'test/bypass';
const tricks = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, ...Trick.parse(parse(readFileSync(join(folder, name), 'utf8'))) }));

let world: World;
let token: string;

beforeAll(async () => {
  const seed = readFileSync('sallyport.yaml', 'utf8');
  world = await startWorld({
    // The seed's model, as if it spoke every protocol.
    config: ({ issuer, upstream }) =>
      seed
        .replace('    models: [demo]', `    protocols: [${protocolNames.join(', ')}]\n    models: [demo]`)
        .replace('http://127.0.0.1:8085', issuer)
        .replace('http://127.0.0.1:8086', upstream),
    postgres: false,
  });
  await world.startServices(['policy', 'masking', 'ingress']);
  token = await world.tokenFor('carol');
}, 90_000);
afterAll(() => world.stop());

type Sent = Pick<z.infer<typeof Trick>, 'path' | 'headers' | 'body' | 'hex' | 'repeat'>;

function bodyOf({ body = '', hex, repeat }: Sent): Buffer {
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const repeated = repeat === undefined ? '' : repeat.text.repeat(repeat.times);
  return Buffer.from(body.replace('<repeat>', () => repeated));
}

const ingress = (path: string, init: RequestInit = {}) =>
  fetch(`${world.urlOf('ingress')}${path}`, {
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers, authorization: `Bearer ${token}` },
  });

/** Sends it through the gateway: what became of it, and the error's text. */
async function outcome(sent: Sent): Promise<{ outcome: string; text: string }> {
  const headers = { ...sent.headers, prefer: 'respond-async' };
  const answer = await ingress(sent.path, { method: 'POST', headers, body: new Uint8Array(bodyOf(sent)) });
  if (answer.status !== 202) return { outcome: 'refused', text: await answer.text() };
  const { id } = (await answer.json()) as { id: string };
  const status = await eventually(async () => {
    const now = (await (await ingress(`/v1/requests/${id}`)).json()) as RequestStatus;
    expect(now.status).not.toBe('running');
    return now;
  });
  if (status.status !== 'completed') return { outcome: 'held', text: '' };
  const ended = await ingress(`/v1/requests/${id}/response`);
  return { outcome: status.outcome ?? '', text: await ended.text() };
}

test('there are at least 40 tricks', () => {
  expect(tricks.length).toBeGreaterThanOrEqual(40);
});

describe('no way around the rules reaches the model', () => {
  test.each(tricks)('$name: $trick', async (trick) => {
    const before = world.upstream.calls();
    const { outcome: found, text } = await outcome(trick);
    // What the gateway can't read is refused at the door or by policy; both end it.
    expect({ denied: 'refused', refused: 'refused' }[found] ?? found).toBe(
      trick.expect === 'held' ? 'held' : 'refused',
    );
    if (trick.code !== undefined) expect(text).toContain(trick.code);
    expect(world.upstream.calls()).toBe(before);
  });
});

test('the same request without a trick is answered, so that it is the trick that is caught', async () => {
  expect(world.upstream.calls()).toBe(0);
  const body = '{"model":"demo","messages":[{"role":"user","content":"hello"}]}';
  expect(await outcome({ path: '/v1/chat/completions', body })).toMatchObject({ outcome: 'answered' });
  expect(world.upstream.calls()).toBe(1);
});
