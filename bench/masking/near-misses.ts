import type { Masker } from '#redaction';
import { ASSIGNED, MARKED } from './secret-formats.ts';
import { fill } from './secrets.ts';
import { Chance } from './values.ts';

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
