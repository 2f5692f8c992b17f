import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as oidc from 'oidc-provider';
import { TokenVerifier } from '#auth';
import { Issuer } from '#contracts';
import { type Glewlwyd, glewlwydClient, glewlwydUser, startGlewlwyd } from '#testing';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
const secret = '${env:SECRET}';
const refused = { code: 'token.invalid' };

function verifierOf(clientSecret: string, issuer: object): TokenVerifier {
  const verifier = new TokenVerifier(async () => clientSecret);
  verifier.accept([Issuer.parse(issuer)]);
  return verifier;
}

const glewlwyd = await startGlewlwyd();
const reason = 'missing' in glewlwyd ? glewlwyd.missing : undefined;
if (reason !== undefined)
  process.stderr.write(`Glewlwyd can't be had here, its tests are skipped: ${reason}\n`);

(reason === undefined ? describe : describe.skip)('Glewlwyd', () => {
  const provider = glewlwyd as Glewlwyd;
  afterAll(() => provider.stop());

  const { username, password } = glewlwydUser;
  const login = (scope: string) => provider.token({ grant_type: 'password', username, password, scope });
  const issuer = (more: object = {}) => ({
    issuer: provider.issuer,
    // Its audience is the scope, its groups are one string.
    audience: ['sallyport', 'openid'],
    groups: { separator: ',', map: { platform: 'engineers' } },
    ...more,
  });
  const introspection = { url: '', clientId: glewlwydClient.id, secret };
  const asking = (more: object = {}) => ({ ...introspection, url: `${provider.issuer}/introspect`, ...more });

  test("a person's access token gives their groups, split and renamed", async () => {
    const { access_token } = await login('openid');
    const { principal } = await verifierOf('', issuer()).verify(access_token);
    expect(principal).toMatchObject({
      ...{ kind: 'person', issuer: provider.issuer, client: 'desk' },
      groups: ['contractors', 'engineers'],
    });
    await expect(verifierOf('', issuer({ audience: 'other' })).verify(access_token)).rejects.toMatchObject(
      refused,
    );
  });

  test('an ID token is taken of a listed client only, and never as an access token', async () => {
    const { id_token = '' } = await login('openid');
    const { principal } = await verifierOf('', issuer({ idTokensOf: ['desk'] })).verify(id_token);
    expect(principal).toMatchObject({ kind: 'person', name: 'Carol Costa', client: 'desk' });
    await expect(verifierOf('', issuer()).verify(id_token)).rejects.toMatchObject(refused);
    const asAccess = verifierOf('', issuer({ audience: 'desk' }));
    await expect(asAccess.verify(id_token)).rejects.toMatchObject(refused);
  });

  test('a client by its own credentials is a service', async () => {
    const { access_token } = await provider.token({ grant_type: 'client_credentials', scope: 'sallyport' });
    const { principal } = await verifierOf('', issuer()).verify(access_token);
    expect(principal).toMatchObject({ kind: 'service', subject: 'desk' });
  });

  test('a token that was taken back is refused once the provider is asked about every token', async () => {
    const { access_token } = await login('openid');
    const verifier = () =>
      verifierOf(glewlwydClient.secret, issuer({ introspection: asking({ tokens: 'all' }) }));
    expect((await verifier().verify(access_token)).principal.groups).toEqual(['contractors', 'engineers']);
    await provider.revoke(access_token);
    await expect(verifier().verify(access_token)).rejects.toMatchObject(refused);
    expect((await verifierOf('', issuer()).verify(access_token)).principal.kind).toBe('person');
  });

  test('a refresh token is no access token, though the provider calls it active', async () => {
    const { refresh_token = '' } = await login('openid');
    const accepting = issuer({ audience: ['openid', 'desk'], introspection: asking({ clients: ['desk'] }) });
    await expect(verifierOf(glewlwydClient.secret, accepting).verify(refresh_token)).rejects.toMatchObject(
      refused,
    );
  });

  test('is not believed where it does not know the gateway: nothing is accepted', async () => {
    const { refresh_token = '' } = await login('openid');
    const verifier = verifierOf('wrong', issuer({ introspection: asking() }));
    await expect(verifier.verify(refresh_token)).rejects.toMatchObject({ code: 'service.unavailable' });
  });
});

describe('oidc-provider with opaque access tokens', () => {
  let server: Server;
  let issuer: string;
  const client = { id: 'ci', secret: 'ci-secret-ci-secret-ci-secret-ci' };

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new oidc.Provider(issuer, {
      clients: [client, { id: 'gateway', secret: 'gateway-secret-gateway-secret-00' }].map(
        ({ id, secret }) => ({
          ...{ client_id: id, client_secret: secret, grant_types: ['client_credentials'] },
          ...{ redirect_uris: [], response_types: [] },
        }),
      ),
      scopes: ['sallyport'],
      extraTokenClaims: () => ({ groups: ['robots'] }),
      features: {
        ...{ devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
        ...{ introspection: { enabled: true }, revocation: { enabled: true } },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => 'urn:sallyport:api',
          getResourceServerInfo: () => ({
            ...{ scope: 'sallyport', audience: 'sallyport', accessTokenFormat: 'opaque' as const },
          }),
        },
      },
    });
    server.on('request', provider.callback());
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const asClient = async (path: string, form: Record<string, string>) => {
    const authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`;
    const response = await fetch(`${issuer}${path}`, {
      ...{ method: 'POST', headers: { authorization }, body: new URLSearchParams(form) },
    });
    return response.text();
  };
  const verifier = (cacheFor = '30s') =>
    verifierOf('gateway-secret-gateway-secret-00', {
      ...{ issuer, audience: 'sallyport' },
      introspection: { url: `${issuer}/token/introspection`, clientId: 'gateway', secret, cacheFor },
    });
  const opaque = async () => {
    const form = { grant_type: 'client_credentials', scope: 'sallyport' };
    return (JSON.parse(await asClient('/token', form)) as { access_token: string }).access_token;
  };

  test('one gives its client as a service, and its own expiry', async () => {
    const token = await opaque();
    expect(token).not.toContain('.');
    const { principal, expiresAtMs } = await verifier().verify(token);
    expect(principal).toMatchObject({ kind: 'service', subject: 'ci' });
    expect(expiresAtMs).toBeGreaterThan(Date.now());
  });

  test('one that was taken back is refused as soon as the answer is no longer fresh', async () => {
    const token = await opaque();
    const asking = verifier('10s');
    const at = Date.now();
    await asking.verify(token, at);
    await asClient('/token/revocation', { token });
    expect((await asking.verify(token, at + 9000)).principal.subject).toBe('ci');
    await expect(asking.verify(token, at + 10_001)).rejects.toMatchObject(refused);
  });

  test('made up ones are refused', () => expect(verifier().verify('made-up')).rejects.toMatchObject(refused));
});
