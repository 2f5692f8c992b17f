import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from '#testing';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';
import { answerOf, policy } from './wire/setting.ts';
import { type Spoken, spoken } from './wire/spoken.ts';

let world: World;
let upstream: ScriptedUpstream;
let token: string;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  world = await startWorld({ postgres: false, config: ({ issuer }) => policy(issuer, upstream.url) });
  await world.startServices(['policy', 'ingress', 'masking']);
  token = await world.idp.mint({ user: 'carol', expiresInSeconds: 3000 });
}, 90_000);
afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

const send = (of: Spoken, text: string, stream: boolean): Promise<Response> =>
  fetch(`${world.urlOf('ingress')}${of.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(of.ask(text, stream)),
  });

/** Something that happens when it is told to. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

type Streamed = Spoken & { stream: NonNullable<Spoken['stream']> };
const streamed = spoken.filter((of): of is Streamed => of.stream !== undefined);
const namesOf = streamed.map((of) => [of.name, of] as const);

describe('a model that takes its time', () => {
  test.each(namesOf)('has its stream begun for the client, which is kept waiting: %s', async (_, of) => {
    const { opened, open } = gate();
    upstream.say((asked) => ({ ...answerOf(asked), after: opened }));
    // Resolves with the headers, which go out before the model says anything.
    const answer = await send(of, 'hello', true);
    expect(answer.status).toBe(200);
    open();
    // It may have to wait for every next piece.
    const waitless = (text: string): string => text.replaceAll(of.stream.keepAlive, '');
    expect(waitless(await answer.text())).toBe(waitless(of.stream.bytes));
  });

  test.each(namesOf)('and then refuses ends the stream with an error of the protocol: %s', async (_, of) => {
    const { opened, open } = gate();
    const headers = { 'content-type': 'application/json' };
    upstream.say({ status: 429, headers, pieces: ['{"error":"busy"}'], after: opened });
    const answer = await send(of, 'hello', true);
    expect(answer.status).toBe(200);
    open();
    expect(of.readError(await answer.text()).code).toBe('upstream.error');
  });
});

describe('a client that does not read', () => {
  test('is let go before its answer fills the memory, and holds up nobody', async () => {
    const piece = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(65_000) } }] })}\n\n`;
    const many = { headers: { 'content-type': 'text/event-stream' }, pieces: Array(500).fill(piece) };
    upstream.say((asked) => (Buffer.from(asked.body).includes('everything') ? many : answerOf(asked)));
    const [chat] = spoken as [Spoken];
    const body = JSON.stringify(chat.ask('everything', true));
    const socket = connect(world.ports.ingress, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST ${chat.path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const metric = /^sallyport_clients_waiting(?:\{.*\})? (\d+)/m;
    const waiting = async () =>
      Number(metric.exec(await (await fetch(`${world.urlOf('ingress')}/metrics`)).text())?.[1]);
    while ((await waiting()) < 1);
    expect((await send(chat, 'hello', false)).status).toBe(200);
    // Nothing was read, so this is the gateway's doing.
    while ((await waiting()) > 0);
    let bytes = 0;
    socket.on('data', (part) => {
      bytes += part.length;
    });
    socket.resume();
    await closed;
    expect(bytes).toBeLessThan(500 * piece.length);
  }, 60_000);
});
