import { charSet, union, WORD, WORD_WIDE } from '../../automaton/char-set.ts';
import { entropy } from '../../checks/entropy.ts';
import type { Around, DetectorRule, Verdict } from '../../detecting/rule.ts';
import { AFTER_CHOSEN, CHOSEN, isChosen, PLAIN } from './chosen.ts';

/** An argument of a call: a literal or a variable. */
const ARGUMENT = String.raw`(?:['"][^'"\n\[]{0,100}['"]|[\w$.>-]{1,40})[ \t]{0,2},[ \t\r\n]{0,8}`;

function argument(id: string, calls: string, before: number): DetectorRule {
  return {
    id,
    entity: 'SECRET',
    pattern: String.raw`(?:${calls})\([ \t\r\n]{0,8}(?:${ARGUMENT}){${before}}['"]${PLAIN}`,
    left: WORD_WIDE,
    right: AFTER_CHOSEN,
    score: 0.8,
    maxLength: 400,
    longestOnly: true,
    check: (text) => {
      const start = Math.max(text.lastIndexOf("'"), text.lastIndexOf('"')) + 1;
      return isChosen(text.slice(start)) && { start, end: text.length };
    },
  };
}

const COOKIE_CHARS = union(WORD, charSet('%.+/~-'));
/** RFC 6265: the header, or what programs call it; a cookie stands behind it on its line. */
const IN_COOKIES = /cookies?['"]?[ \t]{0,2}[:=(][^\n]*$|[ \t](?:-b|--cookie)[ \t=][^\n]*$/i;
const LEAST_COOKIE_CHARS = 16;

function cookie(text: string, _isEnough: unknown, { left }: Around): Verdict {
  const start = text.indexOf('=') + 1;
  const value = text.slice(start);
  if (value.length < LEAST_COOKIE_CHARS) return false;
  const isDrawn = /\d/.test(value) && /[A-Za-z]/.test(value) && entropy(value) >= 3;
  return isDrawn && IN_COOKIES.test(left()) && { start, end: text.length };
}

const LEAST_PASSWORD_CHARS = 6;

/** Who signs in and with what, in words. */
const SIGNS_IN = [
  'login',
  'logins',
  'log in',
  'sign in',
  'credentials',
  'creds',
  'zugangsdaten',
  'identifiants',
];

/** Credentials that only their place tells: the argument of a call, a cookie, what stands behind a user's name. */
export const PLACE_SECRETS: readonly DetectorRule[] = [
  // PHP manual: mysqli and PDO; java.sql.DriverManager: the password is the third argument.
  argument('third-argument', 'mysqli(?:_connect)?|mysql_connect|PDO|getConnection|imap_open', 2),
  // Python's smtplib, imaplib and requests, .NET's NetworkCredential, Apache HttpClient, AWS' Java SDK: the second.
  argument(
    'second-argument',
    String.raw`login|ftp_login|(?:HTTP)?BasicAuth|basic_auth|auth[ \t]?=[ \t]?|UsernamePasswordCredentials|NetworkCredential|Basic(?:AWS|Session)Credentials`,
    1,
  ),
  {
    id: 'twilio-pair',
    entity: 'SECRET',
    // Twilio's libraries take the account's identifier, then its token.
    pattern: String.raw`AC[0-9a-f]{32}['"]?[ \t]{0,2}[,:][ \t\r\n]{0,8}['"]?[0-9a-f]{32}`,
    left: WORD_WIDE,
    right: WORD_WIDE,
    score: 0.9,
    check: (text) => ({ start: text.length - 32, end: text.length }),
  },
  {
    id: 'cookie',
    entity: 'SECRET',
    pattern: String.raw`[\w.-]+=[\w%.+/~-]+`,
    left: union(WORD_WIDE, charSet('.-')),
    right: union(COOKIE_CHARS, charSet('[')),
    score: 0.8,
    longestOnly: true,
    swallow: { kind: 'while', set: COOKIE_CHARS },
    check: cookie,
  },
  {
    id: 'signed-in-with',
    entity: 'SECRET',
    pattern: String.raw`[\w.+@-]+ / ${CHOSEN}+`,
    left: union(WORD_WIDE, charSet('.@+-')),
    right: AFTER_CHOSEN,
    score: 0.3,
    longestOnly: true,
    context: SIGNS_IN,
    contextReach: 40,
    check: (text) => {
      const start = text.indexOf(' / ') + 3;
      const value = text.slice(start).replace(/[.,;:!?]+$/, '');
      if (value.length < LEAST_PASSWORD_CHARS) return false;
      const isMixed = /[A-Za-z]/.test(value) && /\d/.test(value);
      return isMixed && isChosen(value) && { start, end: start + value.length };
    },
  },
];
