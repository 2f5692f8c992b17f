import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchDebianPackages, freePort, startProcess, untilReady } from '#embedded';
import { runToEnd } from './run-to-end.ts';

/** What somebody logs in with, in the tests. */
export const glewlwydUser = { username: 'carol', password: 'carol-pass', groups: 'contractors,platform' };
export const glewlwydClient = { id: 'desk', secret: 'desk-secret' };

interface Tokens {
  access_token: string;
  id_token?: string;
  refresh_token?: string;
}

/** Glewlwyd, an identity provider of other people's making, as Debian packages it. */
export interface Glewlwyd {
  readonly issuer: string;
  /** Asks its token endpoint as the client. */
  token(form: Record<string, string>): Promise<Tokens>;
  /** Takes a token back (RFC 7009). */
  revoke(token: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it with one person and one client; gives the reason where this machine can't have it. */
export async function startGlewlwyd(): Promise<Glewlwyd | { missing: string }> {
  const fetched = await fetchDebianPackages(['glewlwyd', 'dbconfig-no-thanks', 'sqlite3']);
  if ('missing' in fetched) return fetched;
  const { root } = fetched;
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-glewlwyd-'));
  const port = await freePort();
  const libraries = (await readdir(join(root, 'usr/lib'))).filter((name) => name.includes('-linux-'));
  const path = libraries.map((name) => join(root, 'usr/lib', name)).join(':');
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: path };
  await makeDatabase(root, dir, env);
  await writeFile(join(dir, 'glewlwyd.conf'), configuration(root, dir, port));
  const child = await startProcess({
    ...{ name: 'glewlwyd', command: join(root, 'usr/bin/glewlwyd'), env },
    args: [`--config-file=${join(dir, 'glewlwyd.conf')}`],
    logFile: join(dir, 'glewlwyd.log'),
  });
  const base = `http://127.0.0.1:${port}/api`;
  const answers = () =>
    fetch(base).then(
      () => true,
      () => false,
    );
  await untilReady(child, answers, 20_000);
  await setUp(base).catch(async (error: unknown) => {
    await child.kill();
    throw error;
  });
  const asClient = (path: string, form: Record<string, string>) =>
    fetch(`${base}/oidc/${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${glewlwydClient.id}:${glewlwydClient.secret}`)}` },
      body: new URLSearchParams(form),
    });
  return {
    issuer: `${base}/oidc`,
    token: async (form) => (await asClient('token', form)).json() as Promise<Tokens>,
    revoke: async (token) => {
      const { ok, status } = await asClient('revoke', { token });
      if (!ok) throw new Error(`glewlwyd did not revoke: ${status}`);
    },
    stop: async () => {
      await child.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function makeDatabase(root: string, dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const schema = await readFile(
    join(root, 'usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'),
    'utf8',
  );
  // A person's groups are one string there, in a field that has to be declared first.
  const field = '"groups":{"multiple":false,"read":true,"write":true},';
  const own = join(root, 'usr/bin/sqlite3');
  const command = existsSync(own) ? own : 'sqlite3';
  const sql = schema.replace('"data-format":{"picture"', `"data-format":{${field}"picture"`);
  await runToEnd(command, [join(dir, 'db')], sql, env);
}

function configuration(root: string, dir: string, port: number): string {
  const modules = join(root, 'usr/lib/glewlwyd');
  return `port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
cookie_same_site="empty"
session_expiration=3600
session_key="SESSION"
allow_multiple_user_per_session=true
login_api_enabled=true
max_post_size=1000000
admin_scope="g_admin"
profile_scope="g_profile"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
user_module_path="${modules}/user"
client_module_path="${modules}/client"
user_auth_scheme_module_path="${modules}/scheme"
plugin_module_path="${modules}/plugin"
use_secure_connection=false
secure_connection_key_file="none"
secure_connection_pem_file="none"
secure_connection_ca_file="none"
hash_algorithm="SHA512"
static_files_path="${join(root, 'usr/share/glewlwyd/webapp')}"
database={ type="sqlite3" path="${join(dir, 'db')}" };
`;
}

/** Through its administration API, with the password it comes with. */
async function setUp(base: string): Promise<void> {
  const post = async (path: string, body: object, cookie?: string): Promise<Response> => {
    const headers = { 'content-type': 'application/json', ...(cookie !== undefined && { cookie }) };
    const response = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok)
      throw new Error(`glewlwyd refused ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const login = await post('/auth/', { username: 'admin', password: 'password' });
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0];
  const scope = {
    name: 'sallyport',
    display_name: 'Sallyport',
    description: 'The gateway',
    password_required: true,
  };
  await post('/scope', { ...scope, password_max_age: 0, scheme: {} }, cookie);
  const plugin = { module: 'oidc', name: 'oidc', display_name: 'OIDC', parameters: openIdParameters(base) };
  await post('/mod/plugin', plugin, cookie);
  const { id, secret } = glewlwydClient;
  await post(
    '/client',
    {
      ...{ client_id: id, name: id, confidential: true, client_secret: secret, password: secret },
      ...{ enabled: true, scope: ['sallyport'], token_endpoint_auth_method: ['client_secret_basic'] },
      authorization_type: ['password', 'client_credentials', 'refresh_token'],
      redirect_uri: ['http://127.0.0.1/callback'],
    },
    cookie,
  );
  const person = { ...glewlwydUser, name: 'Carol Costa', email: 'carol@example.test', enabled: true };
  await post('/user', { ...person, scope: ['openid', 'sallyport'] }, cookie);
}

function openIdParameters(base: string): object {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const groups = { name: 'groups', 'user-property': 'groups', type: 'string', mandatory: true };
  return {
    iss: `${base}/oidc`,
    'jwt-type': 'ecdsa',
    'jwt-key-size': '256',
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: publicKey.export({ type: 'spki', format: 'pem' }),
    'access-token-duration': 600,
    'refresh-token-duration': 3600,
    'code-duration': 60,
    'allow-non-oidc': true,
    'auth-type-code-enabled': true,
    'auth-type-password-enabled': true,
    'auth-type-client-enabled': true,
    'auth-type-refresh-enabled': true,
    'additional-parameters': [{ 'user-parameter': 'groups', 'token-parameter': 'groups' }],
    claims: [{ ...groups, 'on-demand': false, scope: [] }],
    'name-claim': 'mandatory',
    'introspection-revocation-allowed': true,
    'introspection-revocation-auth-scope': [],
    'introspection-revocation-allow-target-client': true,
    'subject-type': 'public',
    'jwks-show': true,
    'allowed-scope': ['openid', 'sallyport'],
  };
}
