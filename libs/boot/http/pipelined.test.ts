import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { closePipelined } from './pipelined.ts';

const pipelined = 20;

test('every answer of a connection hears once that it closed, also those whose turn has not come', async () => {
  const warnings: unknown[] = [];
  const onWarning = (warning: unknown) => warnings.push(warning);
  process.on('warning', onWarning);
  const closed: number[] = [];
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const number = responses.push(response);
    response.on('close', () => closed.push(number));
    if (number === 1) response.end('first');
    if (number === pipelined) client.destroy();
  }).listen(0, '127.0.0.1');
  closePipelined(server);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab'.repeat(pipelined));
  const [connection] = (await once(server, 'connection')) as [Socket];
  await new Promise((resolve) => connection.once('close', resolve));
  await new Promise(setImmediate);
  server.close();
  process.off('warning', onWarning);
  expect(closed.sort((a, b) => a - b)).toEqual(responses.map((_, index) => index + 1));
  expect(closed).toHaveLength(pipelined);
  expect(responses.every(({ destroyed }) => destroyed)).toBe(true);
  expect(warnings).toEqual([]);
});
