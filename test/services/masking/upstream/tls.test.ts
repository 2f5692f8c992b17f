import { rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Connection } from '#contracts';
import { Authority } from '../../certificates.ts';
import { ask, file, type Listener, listen, ok, secretsDir, upstreamOf, write } from './setting.ts';

describe('a model server with TLS', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await Authority.make('Test CA');
    await write('ca', authority.ca);
    await write('other-ca', (await Authority.make('Other CA')).ca);
  });
  const serve = async (name: string, more: object = {}, listener = ok) =>
    `https://${await listen(createTlsServer({ ...(await authority.issue(name)), ...more }, listener))}`;

  test('is trusted by the authority that its connection names, and by no other', async () => {
    const baseUrl = await serve('127.0.0.1');
    expect(await ask(upstreamOf({ baseUrl, tls: { ca: file('ca') } }))).toMatchObject({
      status: 200,
      text: 'ok',
    });
    for (const tls of [undefined, { ca: file('other-ca') }]) {
      const { end, status } = await ask(upstreamOf({ baseUrl, ...(tls && { tls }) }));
      expect({ end, status }).toMatchObject({
        status: 0,
        end: { code: 'upstream.unavailable', sent: false },
      });
    }
  });

  test('has to have the name that is asked for', async () => {
    const baseUrl = await serve('model.internal');
    const { end } = await ask(upstreamOf({ baseUrl, tls: { ca: file('ca') } }));
    expect(end).toMatchObject({ code: 'upstream.unavailable', cause: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const named = upstreamOf({ baseUrl, tls: { ca: file('ca'), serverName: 'model.internal' } });
    expect(await ask(named)).toMatchObject({ status: 200 });
  });

  test('that asks for a client certificate gets it; a replaced one is taken without a restart', async () => {
    const seen: string[] = [];
    const listener: Listener = (request, response) => {
      seen.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
      ok(request, response);
    };
    const strict = { requestCert: true, rejectUnauthorized: true, ca: authority.ca };
    const baseUrl = await serve('127.0.0.1', strict, listener);
    const put = async (name: string) => {
      const { cert, key } = await authority.issue(name);
      await Promise.all([write('client.pem', cert), write('client.key', key)]);
    };
    await put('gateway-1');
    const credential = { kind: 'mtls', certificate: file('client.pem'), key: file('client.key') };
    const upstream = upstreamOf({ baseUrl, tls: { ca: file('ca') }, credential });
    expect(await ask(upstream)).toMatchObject({ status: 200 });
    await put('gateway-2');
    const later = Date.now() + 6000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    expect(await ask(upstream)).toMatchObject({ status: 200 });
    expect(seen).toEqual(['gateway-1', 'gateway-2']);
    jest.restoreAllMocks();
    const without = await ask(upstreamOf({ baseUrl, tls: { ca: file('ca') } }));
    expect(without).toMatchObject({ status: 0, end: { kind: 'failed', code: 'upstream.unavailable' } });
    await rm(join(secretsDir(), 'client.key'));
    await expect(
      ask(upstreamOf({ baseUrl, tls: { ca: file('ca') }, credential: { ...credential, key: file('gone') } })),
    ).rejects.toThrow('gone');
  });

  test('is the only kind that a client certificate or an authority is configured for', () => {
    const credential = { kind: 'mtls', certificate: file('a'), key: file('b') };
    expect(Connection.safeParse({ baseUrl: 'http://m', credential }).success).toBe(false);
    expect(Connection.safeParse({ baseUrl: 'https://m', targets: ['http://n'], tls: {} }).success).toBe(
      false,
    );
  });
});
