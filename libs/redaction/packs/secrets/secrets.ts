import { ALNUM, charSet, union, WORD, WORD_WIDE } from '../../automaton/char-set.ts';
import { entropy } from '../../checks/entropy.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { ASSIGNMENTS } from './assignment.ts';
import { AFTER_CHOSEN, CHOSEN } from './chosen.ts';
import { COMMAND_SECRETS } from './command-secrets.ts';
import { DOCUMENT_SECRETS } from './document-secrets.ts';
import { OPTION_SECRETS } from './option-secrets.ts';
import { PLACE_SECRETS } from './place-secrets.ts';
import { VENDOR_TOKENS } from './vendor-tokens.ts';

const TOKEN_CHARS = union(ALNUM, charSet('_-'));
const BASE64URL = union(ALNUM, charSet('_-.='));
/** What PEM (RFC 7468) and OpenPGP armour (RFC 9580) are made of, also when written as one escaped line. */
const ARMOUR_CHARS = union(ALNUM, charSet('+/=-:,.()\\ \t\r\n"\'|'));

const JWT: DetectorRule = {
  id: 'jwt',
  entity: 'SECRET',
  // RFC 7519: base64url of {"… dots base64url of {"… ; the signature may be missing (RFC 7515 appendix F).
  pattern: String.raw`ey[A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_/-]{10,}\.?[A-Za-z0-9_/=-]*`,
  left: union(ALNUM, charSet('_-')),
  right: TOKEN_CHARS,
  score: 1,
  longestOnly: true,
  swallow: { kind: 'while', set: BASE64URL },
};

const PRIVATE_KEY: DetectorRule = {
  id: 'private-key',
  entity: 'SECRET',
  pattern:
    '(?i)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----',
  score: 1,
  swallow: { kind: 'armour', set: ARMOUR_CHARS },
};

const URL_CREDENTIALS: DetectorRule = {
  id: 'url-credentials',
  entity: 'SECRET',
  // RFC 3986 section 3.2.1: user:password before the host; `@` and `#` ought to be escaped there, and often are not.
  // Only the password is masked.
  pattern: String.raw`[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/?#@'"<>\x60]{0,128}:[^\s/?'"<>\x60]{1,256}@[A-Za-z0-9\[]`,
  left: WORD_WIDE,
  score: 0.95,
  check: (text) => {
    const colon = text.indexOf(':', text.indexOf('://') + 3);
    const at = text.lastIndexOf('@');
    const password = text.slice(colon + 1, at);
    if (/^[$%{[(*]|^<|^x{3,}$|^password$|^pass$|^pwd$|^port$/i.test(password)) return false;
    return { start: colon + 1, end: at };
  },
};

const AUTHORIZATION: DetectorRule = {
  id: 'authorization-header',
  entity: 'SECRET',
  // RFC 6750 (Bearer), RFC 7617 (Basic); "token" is what several forges accept.
  pattern: String.raw`(?i)(?:bearer|basic|token|apikey)[ \t]{1,2}[A-Za-z0-9_.~+/=-]{16,}`,
  left: WORD_WIDE,
  right: union(WORD, charSet('~+/=-')),
  score: 0.9,
  longestOnly: true,
  swallow: { kind: 'while', set: union(WORD, charSet('.~+/=-')) },
  check: (text) => {
    const start = /[ \t]+/.exec(text)!;
    const from = start.index + start[0].length;
    const value = text.slice(from).replace(/[.]+$/, '');
    const random = /\d/.test(value) && /[A-Za-z]/.test(value) && new Set(value).size >= 10;
    return random && !/^[a-z]+(?:[-_./][a-z0-9]+)*$/.test(value) && { start: from, end: from + value.length };
  },
};

const HEADER: DetectorRule = {
  id: 'authorization-value',
  entity: 'SECRET',
  // RFC 9110 section 11.6.2: a header that holds credentials, of any scheme or none.
  pattern: String.raw`(?i)(?:proxy-)?authorization['"]?[ \t]{0,3}[:=][ \t]{0,5}['"]?(?:[a-z-]{3,12}[ \t]{1,2})?[\w.~@+/=-]{8,}`,
  left: WORD_WIDE,
  right: union(WORD, charSet('.~@+/=-')),
  score: 0.9,
  longestOnly: true,
  swallow: { kind: 'while', set: union(WORD, charSet('.~@+/=-')) },
  check: (text) => {
    const value = /[\w.~@+/=-]{8,}$/.exec(text)?.[0] ?? '';
    const mixed = /\d/.test(value) || /[a-z][A-Z].*[a-z][A-Z]/.test(value);
    const random = mixed && entropy(value) >= 2.5 && !/^(?:process|req|request|config)\./.test(value);
    return random && { start: text.length - value.length, end: text.length };
  },
};

const CURL_USER: DetectorRule = {
  id: 'curl-user',
  entity: 'SECRET',
  // curl(1): -u, --user user:password
  pattern: String.raw`(?:-u|--user)(?:=|[ \t]{0,5})['"]?[^\s:'"]{1,64}:(?:${CHOSEN}{3,128})?`,
  left: union(WORD, charSet('-')),
  right: AFTER_CHOSEN,
  score: 0.3,
  longestOnly: true,
  context: ['curl'],
  contextReach: 300,
  check: (text) => {
    const from = text.lastIndexOf(':') + 1;
    const password = text.slice(from);
    // Services with API keys take the key as the user and no password.
    if (password === '') {
      const user = /^(?:-u|--user)[=\s]*['"]?([^\s'"=[\]]{16,}):$/.exec(text)?.[1];
      return user !== undefined && entropy(user) >= 3.2 && { start: from - 1 - user.length, end: from - 1 };
    }
    return (
      !/^[$%{[(<*]|^(?:password|passwd|pass|pwd|token|changeme|changeit|test|x+)$/i.test(password) && {
        start: from,
        end: text.length,
      }
    );
  },
};

const NUGET: DetectorRule = {
  id: 'nuget-password',
  entity: 'SECRET',
  // nuget.config reference: packageSourceCredentials
  pattern: String.raw`(?i)<add\s+key="(?:ClearText)?Password"\s+value="[^"\s]{4,200}"`,
  score: 0.9,
  check: (text) => {
    const from = text.lastIndexOf('"', text.length - 2) + 1;
    return !/^%.*%$/.test(text.slice(from, -1)) && { start: from, end: text.length - 1 };
  },
};

const KUBERNETES_SECRET: DetectorRule = {
  id: 'kubernetes-secret',
  entity: 'SECRET',
  // Kubernetes API reference, Secret v1: data values are base64.
  pattern: String.raw`[\w.-]+:[ \t]{1,4}['"]?[A-Za-z0-9+/]{10,}={0,3}`,
  left: union(WORD, charSet('.-')),
  right: union(WORD, charSet('+/=-.:')),
  score: 0.25,
  longestOnly: true,
  context: ['kind: secret', 'kind: "secret"'],
  contextReach: 300,
  check: (text) => {
    const value = /[A-Za-z0-9+/]{10,}={0,3}$/.exec(text)?.[0] ?? '';
    return isBase64Text(value) && { start: text.length - value.length, end: text.length };
  },
};

function isBase64Text(value: string): boolean {
  return value.length % 4 === 0 && (value.endsWith('=') || /[a-z].*[A-Z].*[a-z]/.test(value));
}

/** Credentials: vendor formats first, then shapes any vendor may use. */
export const SECRETS: readonly DetectorRule[] = [
  JWT,
  PRIVATE_KEY,
  URL_CREDENTIALS,
  AUTHORIZATION,
  HEADER,
  CURL_USER,
  NUGET,
  KUBERNETES_SECRET,
  ...VENDOR_TOKENS,
  ...ASSIGNMENTS,
  ...COMMAND_SECRETS,
  ...OPTION_SECRETS,
  ...DOCUMENT_SECRETS,
  ...PLACE_SECRETS,
];
