import { describe, expect, test } from '@jest/globals';
import { Connection } from '#contracts';
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

  test('is looked for where the server lists its models', () => {
    expect(modelsUrl(connection())).toBe('http://model.test/v1/models');
    expect(modelsUrl(connection({ baseUrl: 'http://model.test/v1/' }))).toBe('http://model.test/v1/models');
    expect(modelsUrl(connection({ protocols: ['ollama'] }))).toBe('http://model.test/api/tags');
  });
});
