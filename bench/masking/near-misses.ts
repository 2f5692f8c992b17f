import type { Masker } from '#redaction';
import { Chance } from '../../tools/chance.ts';
import { ASSIGNED, MARKED } from './secret-formats.ts';
import { fill } from './secrets.ts';

/** What people write where a credential goes. */
const PLACEHOLDERS: readonly string[] = [
  'YOUR_API_KEY',
  'your-api-key-here',
  '<your-token>',
  '<insert api key>',
  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX',
  '********************************',
  '................................',
  '$' + '{API_TOKEN}',
  '$API_TOKEN',
  '$(API_TOKEN)',
  '%API_TOKEN%',
  '@API_TOKEN@',
  '{{ api_token }}',
  '$' + '{{ secrets.API_TOKEN }}',
  'process.env.API_TOKEN',
  'os.environ["API_TOKEN"]',
  'os.getenv("API_TOKEN")',
  'config.get("api_token")',
  'Rails.application.credentials.api_token',
  'changeme',
  'CHANGE_ME',
  'placeholder',
  'example',
  'my-secret-token',
  'test',
  'dummy-token-value',
  'REDACTED',
  '[redacted]',
  'null',
  'undefined',
  'true',
  'None',
  'abcdefghijklmnopqrstuvwxyz',
  'abcdefghijklmnopqrstuvwxyz123456',
  '00000000-0000-0000-0000-000000000000',
  '00000000000000000000000000000000',
  '12345678901234567890123456789012',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'getApiToken()',
  'self.api_token',
  'options.apiToken',
  'this.props.token',
  'vault:secret/data/api#token',
  'arn:aws:secretsmanager:eu-west-1:123456789012:secret:demo',
  '/run/secrets/api_token',
  './keys/api-token.txt',
  'https://example.com/oauth/token',
  'file:///etc/token',
  'Bearer',
  'application/json',
  'authorization_code',
  'client_credentials',
  'refreshTokenExpired',
  'TokenValidationParameters',
  'access_token_validity_seconds',
];

const NAMES: readonly string[] = ['api_token', 'secret', 'apiKey', 'client_secret', 'AUTH_TOKEN'];
const WRITINGS: ReadonlyArray<(name: string, value: string) => string> = [
  (n, v) => `${n} = "${v}"`,
  (n, v) => `${n}: ${v}`,
  (n, v) => `"${n}": "${v}"`,
  (n, v) => `export ${n}=${v}`,
];

/** Names that hold such a word and are no credentials; the values are random. */
const HARMLESS_NAMES: readonly string[] = [
  'public_key',
  'publicKeyToken',
  'key_id',
  'keyName',
  'primaryKey',
  'foreign_key',
  'cacheKey',
  'sort_key',
  'keyboard',
  'monkey',
  'author',
  'tokenCount',
  'token_type',
  'max_tokens',
  'secretName',
  'secret_length',
  'passwordField',
  'keyPath',
  'api_version',
  'apiEndpoint',
  'accessibility',
  'credential_id',
  'key_alias',
  'keySize',
  'keystore_file',
];

/** Lines that hold random text which is no credential. */
const LINES: readonly string[] = [
  '"integrity": "sha512-{b86}=="',
  'resolved "https://packages.example.org/x/-/x-1.0.0.tgz#{h40}"',
  'checksum = "{h64}"',
  'commit {h40}',
  'index {h7}..{h7} 100644',
  'sha256:{h64}',
  'FROM node:20@sha256:{h64}',
  'etag: W/"{h32}"',
  'id: {uuid}',
  '{"request_id":"{uuid}","status":200}',
  'urn:uuid:{uuid}',
  'golang.org/x/sys v0.1.0 h1:{b43}=',
  'md5({h32})',
  'const commit = "{h40}";',
  'traceparent: 00-{h32}-{h16}-01',
  'src="data:image/png;base64,{b200}"',
  'https://example.com/files/{uuid}/report.pdf',
  'nonce-{b22}',
  'color: #{h6};',
  '0x{h16}',
  '<svg><path d="M{d2} {d2}L{d3} {d3}z"/></svg>',
  'gid://shopify/Product/{d13}',
  'build {d8}.{d2} finished in {d3} ms',
  'import { apiKeyGuard, secretStore } from "./security/api-key-guard.js"',
  'const accessTokenLifetime = settings.oauth.accessTokenLifetimeSeconds;',
  'throw new Error("invalid token: expected string, got number");',
  'if (key === "ArrowLeft" || key === "Escape") close();',
  'password = getpass.getpass("Password: ")',
  'The token is sent in the Authorization header of every request.',
  'key={key} value={value} token={token}',
  'RUN --mount=type=secret,id=npmrc,target=/app/.npmrc npm ci',
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB{b120} user@host',
  '-----BEGIN CERTIFICATE-----\n{b64}\n{b64}\n-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----\n{b64}\n-----END PUBLIC KEY-----',
  'api("com.squareup.okhttp3:okhttp:4.12.0")',
  'ApiKeyAuth: []',
  'secretKeyRef:\n  name: my-secret-v2\n  key: password',
  'secretName: tls-secret-prod-2',
  'kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/{uuid}"',
  'private static final String TOKEN_URI = "https://oauth2.example.com/v2/token";',
  'passwordTooShort: "Password must have 8 characters"',
  '<input type="password" id="password2" name="password2">',
  'user_id: auth0|{h24}',
  'key_fingerprint: {h2}:{h2}:{h2}:{h2}:{h2}:{h2}:{h2}:{h2}',
  'pk_live_{A24}',
  'projectId: {uuid}',
  'api_version: 2023-10-16',
  'key: "ArrowDown2"',
  'const tokenRegex = /^[A-Za-z0-9_-]{20,}$/;',
  'token = tokenizer.encode("hello world 42")',
  'self.password = hash_password(password, 12)',
  'auth: { type: "oauth2", flow: "authorizationCode" }',
  'csrf-token: {A32}',
  'X-Request-Key: {uuid}',
  'i18n_key = "settings.security.two_factor_auth_v2"',
  'primary_key: true',
  'keyPrefix: "sess:v2:"',
  'access_level = "read_write_2"',
  'token_endpoint_auth_method: client_secret_basic',
  'KEY_F12 = 123',
  'Key("{h8}")',
  'key = md5("{A12}")',
  'apiGroup: rbac.authorization.k8s.io/v1',
  'authority: https://login.microsoftonline.com/common/v2.0',
  'auth_mode: "mtls-v2-strict"',
  'secret: "use-the-vault-2024"',
  'password = "correct horse battery staple"',
  'the password is stored in the vault',
  'token: string; // 32 chars',
  'tokens: [1, 2, 3]',
  'totalTokens=18234',
  'credentialsProvider: fromIni({ profile: "dev2" })',
  'const keyMap = { a1: "b2c3d4e5f6" }',
  'sonar.projectKey=my_org_my-project-2024',
  'sonar.organization=acme2',
  'SONAR_HOST_URL=https://sonar.example.com',
  'heroku create my-app-1234',
  'twitter:card" content="summary_large_image"',
  'linear-gradient(45deg, #ff0000 0%, #00ff00 100%)',
  'etsy shop id: 12345678',
  'adobe:ns:meta/{h8}',
  'dropbox.com/s/abc123def456ghi/file.pdf',
  'https://discord.com/channels/{d18}/{d18}',
  'lobby_id = test_{h12}',
  'flickr photo {d11}',
  'facebook.com/profile.php?id={d15}',
  'https://bitbucket.org/team/repo/commits/{h40}',
  'jira issue ABC-12345 fixed in {h7}',
  'confluence page 123456789',
  'sentry release {h40}',
  'SENTRY_RELEASE={h40}',
  'codecov/patch {h40}',
  'datadog version 7.52.1',
  'travis-ci build 123456',
  'cloudflare ray id {h16}',
  'okta group 00g{A17}',
  'plaid item {A37}',
  'square order {A22}',
  'snyk:lic:npm:{A10}',
  'newrelic app id {d9}',
  'mapbox://styles/mapbox/streets-v12',
  'intercom conversation {d15}',
  'zendesk ticket {d8}',
];

export interface NearMissResult {
  readonly cases: number;
  readonly masked: number;
  readonly examples: readonly string[];
}

/** How much of what only looks like a credential is taken for one. */
export function measureNearMisses(masker: Masker, seed = 77): NearMissResult {
  const texts = [...nearMisses(new Chance(seed))];
  const examples = texts.filter((text) => masker.findSpans(text).some(({ entity }) => entity === 'SECRET'));
  return { cases: texts.length, masked: examples.length, examples };
}

function* nearMisses(chance: Chance): Generator<string> {
  for (const value of PLACEHOLDERS) yield chance.pick(WRITINGS)(chance.pick(NAMES), value);
  for (const name of HARMLESS_NAMES) {
    for (const template of ['{h32}', '{a24}']) yield chance.pick(WRITINGS)(name, fill(template, chance));
  }
  for (const line of LINES) yield fill(line, chance);
  for (const [, first] of MARKED) {
    // The mark, and nothing random after it.
    yield fill(
      first!.replaceAll(/\{[A-Za-z](\d+)\}/g, (_, count: string) => 'x'.repeat(Number(count))),
      chance,
    );
  }
  for (const [, names] of ASSIGNED) {
    const [name] = names.split('|');
    yield `${name}_token = "${chance.pick(PLACEHOLDERS)}"`;
    yield `${name} ${chance.pick(['client', 'plugin', 'integration'])} version 2.${chance.below(30)}.${chance.below(10)}`;
  }
}
