import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { findRoute } from '#protocols';
import { ClientConnection } from '../../../services/ingress/waiting/client-connection.ts';

/** No keep-alive comes while a test runs. */
const keepAliveMs = 3_600_000;
const { wire } = findRoute('POST', '/v1/chat/completions')!.protocol;

/** Answers one call with what `answer` does; gives the answer once its headers are here. */
async function answerOf(answer: (client: ClientConnection) => void): Promise<IncomingMessage> {
  const server = createServer((_, response: ServerResponse) => {
    answer(new ClientConnection(response, wire, 'req-1'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const call = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.once('close', () => server.close());
  return response;
}

test('a stream whose client has to wait gets its headers before anything is written', async () => {
  let client: ClientConnection | undefined;
  const response = await answerOf((one) => {
    client = one;
    one.openStream(keepAliveMs);
  });
  expect(response.headers['content-type']).toBe(wire.streamType);
  client?.openStream(keepAliveMs);
  client?.write('data: 1\n\n');
  client?.endStream();
  response.setEncoding('utf8');
  expect((await response.toArray()).join('')).toBe('data: 1\n\n');
});

test('headers that did not go out with a first piece go out when the client has to wait after all', async () => {
  let client: ClientConnection | undefined;
  const response = await answerOf((one) => {
    client = one;
    one.startStream(keepAliveMs);
    one.openStream(keepAliveMs);
  });
  expect(response.headers['content-type']).toBe(wire.streamType);
  client?.endStream();
  expect(await response.toArray()).toEqual([]);
});

test('who asks to hear that a client goes hears it at once where the client is gone', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const call = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  call.on('error', () => undefined);
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  call.destroy();
  await once(response, 'close');
  let gone = 0;
  new ClientConnection(response, wire, 'req-1').onGone(() => gone++);
  server.close();
  expect(gone).toBe(1);
});
