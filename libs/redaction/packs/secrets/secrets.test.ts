import { describe, expect, test } from '@jest/globals';
import { MaskingProfile } from '#contracts';
import { contains } from '../../automaton/char-set.ts';
import { type Pattern, parsePattern } from '../../automaton/parse-pattern.ts';
import { compileMasker } from '../../masker.ts';
import { ASSIGNED_FORMATS } from './vendor-assignments.ts';
import { VENDOR_TOKENS } from './vendor-tokens.ts';

const key = new Uint8Array(16);
const masker = compileMasker(MaskingProfile.parse({ packs: ['secrets'] }), { key, scope: 'secrets' });
const SAMPLES = 30;

let state = 20_260_101;

/** Seeded (mulberry32), so that a run can be repeated. */
function randomInt(bound: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % bound;
}

/** A random text of the pattern's language. */
function sample(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'set': {
      const units = Array.from({ length: 95 }, (_, k) => k + 32).filter((unit) =>
        contains(pattern.set, unit),
      );
      return String.fromCharCode(units[randomInt(units.length)]!);
    }
    case 'cat':
      return pattern.items.map(sample).join('');
    case 'alt':
      return sample(pattern.items[randomInt(pattern.items.length)]!);
    case 'repeat': {
      const most = pattern.max === Infinity ? pattern.min + 6 : pattern.max;
      const count = pattern.min + randomInt(most - pattern.min + 1);
      return Array.from({ length: count }, () => sample(pattern.item)).join('');
    }
  }
}

/** The ways in which configuration, code and messages give a name a value. */
const ASSIGNMENTS: ReadonlyArray<(name: string, value: string) => string> = [
  (name, value) => `${name}_token = "${value}"`,
  (name, value) => `${name}_token=${value}\nother=1`,
  (name, value) => `{"${name}_api_key": "${value}"}`,
  (name, value) => `${name}Secret: ${value}`,
  (name, value) => `const ${name}Key = '${value}';`,
  (name, value) => `${name}_key := \`${value}\``,
  (name, value) => `<${name}Token>${value}</${name}Token>`,
  (name, value) => `System.setProperty("${name.toUpperCase()}_TOKEN", "${value}")`,
  (name, value) => `'${name}_token' => '${value}',`,
  (name, value) => `${name} token: ${value}`,
  (name, value) => `export ${name.toUpperCase()}_API_KEY=${value}`,
  (name, value) => `${name}_token ?= "${value}"`,
  (name, value) => `$${name}_token .= "${value}"`,
  (name, value) => `{\\n \\"${name}_token\\": \\"${value}\\"}`,
  (name, value) => `${name}_token: |\n    ${value}\n`,
  (name, value) => `${name}_token: >-\n  ${value}\nother: 1`,
  (name, value) => `id,${name}Token,${value},x`,
  (name, value) => `${name}_TOKEN += "${value}"`,
  (name, value) => `var ${name}Token string = "${value}"`,
  (name, value) => `"env": "${name.toUpperCase()}_TOKEN=${value}\\nDEBUG=1"`,
];

function isMasked(text: string, value: string): boolean {
  const at = text.indexOf(value);
  const spans = masker.findSpans(text);
  return spans.some(
    ({ start, end }) => start < at + value.length && end > at && end - start >= value.length * 0.75,
  );
}

describe('a token of the format is found alone, in a sentence and in an assignment', () => {
  test.each(VENDOR_TOKENS.map((rule) => [rule.id, rule] as const))('%s', (_id, rule) => {
    const pattern = parsePattern(rule.pattern as string);
    let tried = 0;
    let found = 0;
    for (let k = 0; k < SAMPLES; k++) {
      const value = sample(pattern);
      if (rule.check!(value, () => true, { left: () => '', isLongest: true }) === false) continue;
      tried += 3;
      for (const text of [value, `use ${value}, please`, `KEY="${value}"`])
        if (isMasked(text, value)) found++;
    }
    expect(found).toBeGreaterThanOrEqual(tried * 0.98);
  });
});

const ALPHABETS = {
  alnum: 'abcdefghijklmnopqrstuvwxyz0123456789',
  mixed: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  hex: '0123456789abcdef',
  dash: 'abcdefghijklmnopqrstuvwxyz0123456789_-',
  id: 'abcdefghijklmnopqrstuvwxyz0123456789_-',
  digits: '0123456789',
  word: 'abcdefghijklmnopqrstuvwxyz0123456789_',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
} as const;

function value(alphabet: keyof typeof ALPHABETS, length: number): string {
  const symbols = ALPHABETS[alphabet];
  const letters = Array.from({ length: length - 2 }, () => symbols[randomInt(symbols.length)]).join('');
  return alphabet === 'digits' ? `${letters}37` : `a${letters}7`;
}

const uuid = () =>
  [8, 4, 4, 4, 12]
    .map((length) => Array.from({ length }, () => '0123456789abcdef'[randomInt(16)]).join(''))
    .join('-');

describe('a token that only its name tells is found however it is assigned', () => {
  test.each(ASSIGNED_FORMATS.map((format) => [format.slice(0, 3).join(' '), format] as const))(
    '%s',
    (_name, format) => {
      const [names, alphabet, length = 36] = format;
      const name = names.split('|')[0]!;
      const missed = ASSIGNMENTS.filter((assign) => {
        const token = alphabet === 'uuid' ? uuid() : value(alphabet, length);
        return !isMasked(assign(name, token), token);
      });
      expect(missed.map(String)).toEqual([]);
    },
  );
});

describe('text that only looks like a credential stays', () => {
  test.each([
    'const token = getToken();',
    'password: string',
    'api_key = os.environ["API_KEY"]',
    'secret: ${' + '{ secrets.DEPLOY }}',
    'public_key = "MFkwEwYHKoZIzj0CAQYI"',
    'tokenType: "Bearer"',
    'the key: everything else follows from it',
    'primaryKey: "customerIdentifier"',
    'AKIAXXXXXXXXXXXXXXXX',
    'author = "someone@example"',
    'max_tokens=4096',
    'token: |\n  the text of the token goes here',
    'key,token,secret,password,credential',
    'apiKey: "arn:aws:secretsmanager:eu-west-1:1:secret:demo"',
    'secret = "@API_TOKEN@"',
    'password = "********"',
    'auth: config.auth.provider',
    'cacheKey: `users-$' + '{id}`',
    'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'api_key = "userAccountSettings2"',
    'accessToken: refreshTokenRequest',
  ])('%s', (text) => {
    expect(masker.findSpans(text)).toEqual([]);
  });
});

test.each([
  ['tool --password {} --verbose'],
  ["tool --api-key '{}'"],
  ['machine api.example login bob password {}'],
  ["CREATE USER bob IDENTIFIED BY '{}';"],
  ['mysqldump -u root -p{} shop'],
  ["sshpass -p '{}' ssh a@b"],
  ['- name: DB_PASSWORD\n  value: {}\n'],
  ['ansible_ssh_pass={}'],
  ['openssl enc -pass pass:{}'],
  ['<password>{}</password>'],
  ['db.example:5432:shop:app:{}'],
  ['*:*:*:postgres:{}'],
  ['echo {} | docker login ghcr.io -u bob --password-stdin'],
  ["printf '%s' '{}' | gh auth login --with-token"],
  ['docker login -u bob --password-stdin <<< "{}"'],
  ["echo '{}' | sudo -S apt update"],
  ['echo "root:{}" | chpasswd'],
  ['docker login -u bob -p {} registry.example'],
  ['sqlcmd -S db -U sa -P {}'],
  ['ldapsearch -D cn=admin -w {}'],
  ['redis-cli -a {} ping'],
  ['requirepass {}'],
  ['keytool -genkey -storepass {} -keystore x'],
  ['htpasswd -b .htpasswd bob {}'],
  ['ConvertTo-SecureString "{}" -AsPlainText -Force'],
  ['jdbc:oracle:thin:scott/{}@//db:1521/x'],
  ['variable "db_password" {\n  type    = string\n  default = "{}"\n}'],
  ['<property name="password" value="{}"/>'],
  ['<add key="DbPassword" value="{}" />'],
  ['<key>password</key>\n<string>{}</string>'],
  ['{"name": "DB_PASSWORD", "value": "{}"}'],
  ['set -gx DB_PASSWORD {}'],
  ['NSString *password = @"{}";'],
  ['db_password <- "{}"'],
  ['postgres://app:p@{}@db:5432/x'],
])('a password in a command or file of its own syntax is masked: %s', (line) => {
  for (const value of ['xK9#mP2$vL5', 'Tr0ub4dor3', '7fQz81LmWx20']) {
    const { text } = masker.maskText(line.replace('{}', () => value));
    expect(text).not.toContain(value);
  }
});

test.each([
  ['docker run -p 8080:80 mysql'],
  ['tool --token $TOKEN'],
  ['--password <your password>'],
  ['login page password reset'],
  ['IDENTIFIED BY password'],
  ['name: LOG_LEVEL\n  value: debug2'],
  ['password_hash_algorithm: argon2id'],
  ['tokenizer: cl100k_base'],
  ['src/app.ts:1024:12:error:TS2304'],
  ['echo "installed 42 packages" | tee install.log'],
  ['echo $TOKEN | docker login --password-stdin'],
  ['echo hello2 | grep x'],
  ['ssh -p 2222 bob@host'],
  ['mkdir -p build/out2'],
  ['variable "instance_type" {\n  type    = string\n  default = "t3.micro2"\n}'],
  ['<add key="Theme" value="dark2-blue" />'],
  ['<key>CFBundleVersion</key>\n<string>1.2.3</string>'],
  ['{"name": "LOG_LEVEL", "value": "debug2"}'],
  ["ssl_passphrase_command = ''\n#ssl_dh_params_file = ''"],
  ['private_key: SignatureV4SignWithCredentials'],
  ['#if !defined(Py_LIMITED_API) || Py_LIMITED_API+0 >= 0x03030000'],
  ['curl -u [EMAIL_ADDRESS_mkksk]: https://host'],
])('a placeholder, an option or a setting is no secret: %s', (text) => {
  expect(masker.maskText(text).text).toBe(text);
});

test.each([
  ['four runs of letters that read like words by chance', 'api_key = "Owo2ewyRvosjo8RSKOY8"'],
  ['letters alone, as chance mixes them', 'api_key = "fXqTzLwPdRvKsMbGhJnY"'],
  ['base64 that begins with a slash', 'token = "/V6/prYTrERR3Tbu4ElnLGYAvCprlPn+fFLR59hvw98="'],
  ['base64 with two slashes in a row', 'token = "ea0S9/twGiLhf6JM//Qx4gp4HCccz9B0AUnh4HTaaGp="'],
  ['a key that says how it is encoded', 'APP_KEY=base64:z7yOTo3fb7WkWwMcShoUpeobd4EbgT0xQm1vB2n3M4k='],
  ['a word and a number', 'password: hunter2'],
  ['words and a number', 'password = "correct-Horse7"'],
])('a secret value is found where it is %s', (_what, text) => {
  expect(masker.findSpans(text).map((span) => span.entity)).toEqual(['SECRET']);
});

test.each([
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'DSA PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'PRIVATE KEY',
  'PGP PRIVATE KEY BLOCK',
])('nothing of a %s comes out, as lines or as an escaped string', (kind) => {
  const lines = Array.from({ length: 12 }, () => value('base64', 64));
  const pem = [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`];
  for (const text of [
    pem.join('\n'),
    pem.join('\r\n'),
    JSON.stringify({ key: pem.join('\n') }),
    pem.join('\\\\n'),
  ]) {
    const { text: masked } = masker.maskText(`before\n${text}\nafter`);
    for (const line of lines) expect(masked).not.toContain(line.slice(0, 8));
    expect(masked).toContain('after');
  }
});
