import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { Connection } from '#contracts';
import { Authority } from '../../test/services/certificates.ts';
import { checkBackDoor, modelsUrl } from './connections.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
const secret = '${env:KEY}';
const connection = (more: object = {}) =>
  Connection.parse({ baseUrl: 'http://model.test', credential: { kind: 'bearer', secret }, ...more });
const check = (status: number, more?: object) => checkBackDoor('demo', connection(more), async () => status);

describe('a back door', () => {
  test('is open where the server answers without the credential', async () => {
    expect(await check(200)).toMatchObject({ connection: 'demo', result: 'open' });
  });

  test('is closed where the server refuses', async () => {
    expect(await check(401)).toMatchObject({ result: 'closed' });
    expect(await check(403)).toMatchObject({ result: 'closed' });
  });

  test('is wide open where the connection has no credential at all', async () => {
    expect(await check(200, { credential: { kind: 'none' } })).toMatchObject({ result: 'unprotected' });
  });

  test('is not called closed where the answer says nothing about it, or none comes', async () => {
    expect(await check(404)).toMatchObject({ result: 'unclear' });
    const down = checkBackDoor('demo', connection(), () => Promise.reject(new Error('refused')));
    expect(await down).toMatchObject({ result: 'unreachable' });
  });

  test('of one target is one of the connection, and says which', async () => {
    const two = connection({ targets: ['http://other.test'] });
    const report = await checkBackDoor('demo', two, async (url) => (url.includes('other') ? 200 : 401));
    expect(report).toMatchObject({ result: 'open', text: expect.stringContaining('http://other.test') });
  });

  test('is closed where the server wants a client certificate', async () => {
    const authority = await Authority.make('Test CA');
    const strict = { requestCert: true, rejectUnauthorized: true, ca: authority.ca };
    const server = createServer({ ...(await authority.issue('127.0.0.1')), ...strict }, (_, response) => {
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: references to secrets
    const credential = { kind: 'mtls', certificate: '${file:c}', key: '${file:k}' };
    const report = await checkBackDoor('demo', connection({ baseUrl, credential }));
    expect(report).toMatchObject({ result: 'closed' });
    server.closeAllConnections();
    server.close();
  });

  test('is looked for where the server lists its models', () => {
    expect(modelsUrl(connection())).toBe('http://model.test/v1/models');
    expect(modelsUrl(connection({ baseUrl: 'http://model.test/v1/' }))).toBe('http://model.test/v1/models');
    expect(modelsUrl(connection({ protocols: ['ollama'] }))).toBe('http://model.test/api/tags');
  });
});
