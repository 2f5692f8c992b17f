import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { MaskingProfile } from '#contracts';
import { compileMasker } from '../../masker.ts';

const numRuns = process.env.LONG === '1' ? 100_000 : 1_500;
jest.setTimeout(process.env.LONG === '1' ? 3_600_000 : 120_000);
const masker = compileMasker(MaskingProfile.parse({}), { key: new Uint8Array(32), scope: 'forms' });

/** Where a credential stands in a file or command of its own syntax. */
const FORMS: ReadonlyArray<(value: string) => string> = [
  (v) => `db.host:5432:shop:app:${v}`,
  (v) => `echo ${v} | docker login --password-stdin`,
  (v) => `printf '%s' '${v}' | gh auth login --with-token`,
  (v) => `--password-stdin <<< "${v}"`,
  (v) => `variable "db_password" {\n  type = string\n  default = "${v}"\n}`,
  (v) => `<add key="ApiKey" value="${v}" />`,
  (v) => `{"name": "DB_PASSWORD", "value": "${v}"}`,
  (v) => `<key>password</key>\n<string>${v}</string>`,
  (v) => `jdbc:oracle:thin:scott/${v}@//db`,
  (v) => `redis-cli -a ${v} ping`,
  (v) => `requirepass ${v}`,
  (v) => `htpasswd -b f bob ${v}`,
  (v) => `set -gx DB_PASSWORD ${v}`,
  (v) => `password = @"${v}"`,
  (v) => `password <- "${v}"`,
  (v) => `APP_KEY=base64:${v}${v}`,
  (v) => `postgres://app:p@${v}@db/x`,
  (v) => `Das Passwort lautet ${v}`,
  (v) => `пароль: ${v}`,
  (v) => `new mysqli('db', 'root', '${v}')`,
  (v) => `server.login("ada", "${v}")`,
  (v) => `Cookie: sid=${v}${v}; theme=dark`,
  (v) => `login ada / ${v}`,
  (v) => `curl -u ada:${v}`,
  (v) => `curl -u ${v}:`,
  () => 'curl -u p@b.example:',
];
const drawn = fc.stringMatching(/^[A-Za-z0-9]{6,20}$/);
const chosen = fc.constantFrom('xK9#mP2$vL5', 'hunter2', '*a$1B[x', 'p@ss9word', 'correct-Horse7');
const credential = fc
  .tuple(fc.constantFrom(...FORMS), fc.oneof(drawn, chosen))
  .map(([form, value]) => form(value));
const neighbours = [
  ...[' ', ' ', '\n', ', ', '"', '|', '[', ']', '{', ':', '=', '@', '\u200b', '日本', '\\(', '\\{', ';'],
  ...['docker login ', 'echo ', 'key=', 'variable "x" {\n', '  default = "', 'MA 02110-1301'],
  ...[
    'jane@example.com ',
    '192.168.7.41 ',
    '10.0.0.7-10.0.0.9',
    '4111.1111.1111.1111',
    'a@[IPv6:2001:db8::1]',
  ],
  ...['001 201 555 0123', '[SECRET_abcde]', '2018 -0700'],
];
const between = fc.oneof(fc.constantFrom(...neighbours), fc.string({ maxLength: 6 }));
const text = fc
  .array(fc.oneof(credential, between, between), { maxLength: 9 })
  .map((parts) => parts.join(''));

test('credentials in commands and files of their own syntax are masked alike, whole or in single characters', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const stream = masker.openStream();
      const streamed = whole.split('').map((unit) => stream.push(unit));
      expect(streamed.join('') + stream.end()).toBe(masker.maskText(whole).text);
    }),
    { numRuns },
  );
});

test('masking them again changes nothing', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const once = masker.maskText(whole).text;
      expect(masker.maskText(once).text).toBe(once);
    }),
    { numRuns },
  );
});
