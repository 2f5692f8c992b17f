import { ALNUM, charSet, union, WORD, WORD_WIDE } from '../automaton/char-set.ts';
import type { DetectorRule } from '../rule.ts';
import { ASSIGNMENT_RULE } from './assignment.ts';
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
  pattern: '(?i)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----',
  score: 1,
  swallow: { kind: 'armour', set: ARMOUR_CHARS },
};

const URL_CREDENTIALS: DetectorRule = {
  id: 'url-credentials',
  entity: 'SECRET',
  // RFC 3986 section 3.2.1: user:password before the host. Only the password is masked.
  pattern: String.raw`[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/?#@'"<>\x60]{0,128}:[^\s/?#@'"<>\x60]{1,256}@[A-Za-z0-9\[]`,
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

/** Credentials: vendor formats first, then shapes any vendor may use. */
export const SECRETS: readonly DetectorRule[] = [
  JWT,
  PRIVATE_KEY,
  URL_CREDENTIALS,
  AUTHORIZATION,
  ...VENDOR_TOKENS,
  ASSIGNMENT_RULE,
];
