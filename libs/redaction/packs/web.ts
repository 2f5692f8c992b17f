import { charSet, union, WORD_WIDE } from '../automaton/char-set.ts';
import { ethereumScore, isBase58Check, isBech32 } from '../checks/crypto-address.ts';
import { isDay } from '../checks/national.ts';
import type { DetectorRule } from '../detecting/rule.ts';

const BEFORE = union(WORD_WIDE, charSet('.-@/'));
const PATH = String.raw`(?:[/?#][\w\-.~:/?#@!$&'()*+,;=%\[\]\xc0-\u024f]*)?`;
const TOP_LEVEL =
  'com|org|net|edu|gov|mil|int|info|biz|name|pro|io|co|ai|app|dev|me|tv|cc|xyz|online|site|store|shop|tech|cloud|blog|eu|uk|us|ca|de|fr|it|es|nl|be|ch|at|pl|se|no|dk|fi|pt|gr|cz|ie|ru|ua|tr|il|in|cn|jp|kr|au|nz|br|mx|ar|za|ng|ke|sg|hk|tw|id|my|th|ph|vn';

/** Web addresses (RFC 3986; host names as people write them, RFC 3987). */
export const WEB: readonly DetectorRule[] = [
  {
    id: 'url',
    entity: 'URL',
    pattern: String.raw`(?i)(?:https?|ftp)://(?:[\w\xc0-\u058f-]+(?:\.[\w\xc0-\u058f-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?${PATH}`,
    left: WORD_WIDE,
    score: 0.65,
    longestOnly: true,
    right: union(WORD_WIDE, charSet('/?#&=%~')),
    check: trimmedUrl,
  },
  {
    id: 'url-bare',
    entity: 'URL',
    pattern: String.raw`(?i)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:${TOP_LEVEL})(?::\d{1,5})?${PATH}`,
    left: BEFORE,
    right: union(WORD_WIDE, charSet('@')),
    score: 0.5,
    check: (text) => /^\d+(?:\.\d+)*$/.test(text) === false && trimmedUrl(text),
  },
  {
    id: 'uuid',
    entity: 'UUID',
    // RFC 9562: version 1 to 8, variant 10.
    pattern: '(?i)[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
    left: union(WORD_WIDE, charSet('-')),
    right: union(WORD_WIDE, charSet('-')),
    score: 0.5,
    context: ['uuid', 'guid', 'user', 'customer', 'account', 'session', 'device', 'id'],
  },
];

/** Without the punctuation of the sentence around it. */
function trimmedUrl(text: string): { start: number; end: number } {
  let end = text.replace(/[.,;:!?'"]+$/, '').length;
  if (text[end - 1] === ')' && !text.slice(0, end).includes('(')) end--;
  return { start: 0, end };
}

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';

function date(id: string, pattern: string, score: number, check?: (text: string) => boolean): DetectorRule {
  const context = ['date', 'birthday', 'birth', 'born', 'dob', 'on', 'since', 'until'];
  const around = union(WORD_WIDE, charSet('-./:'));
  return {
    id,
    entity: 'DATE_TIME',
    pattern,
    left: around,
    right: WORD_WIDE,
    score,
    context,
    ...(check && { check }),
  };
}

/** Dates and times (ISO 8601, and as people write them). */
export const DATES: readonly DetectorRule[] = [
  date(
    'date-iso',
    String.raw`(?i)\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?`,
    0.65,
    (text) => isDay(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10))),
  ),
  date(
    'date-numbers',
    String.raw`\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)(?:\d{4}|\d{2})|\d{4}(?:/\d{1,2}/|\.\d{1,2}\.)\d{1,2}`,
    0.6,
    isNumericDate,
  ),
  date(
    'date-month-name',
    String.raw`(?i)(?:\d{1,2}(?:st|nd|rd|th)?[ -])?${MONTH}\.?[ -]\d{1,2}(?:st|nd|rd|th)?,?[ -]\d{4}|\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?${MONTH}\.?,?[ -]\d{2,4}|${MONTH}\.?[ -]\d{4}`,
    0.6,
  ),
  date(
    'date-day-month',
    String.raw`(?i)\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?${MONTH}|${MONTH}[ -]\d{1,2}(?:st|nd|rd|th)?`,
    0.4,
  ),
  date('date-month-year-short', String.raw`(?:0[1-9]|1[0-2])/\d{2}`, 0.15),
  date('date-month-year', String.raw`(?:0?[1-9]|1[0-2])[/-](?:19|20)\d{2}`, 0.2),
  date('time', String.raw`(?i)(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?: ?[ap]\.?m\.?)`, 0.4),
];

function isNumericDate(text: string): boolean {
  const parts = text.split(/\D/).map(Number);
  const [a = 0, b = 0, c = 0] = parts;
  return a > 31 ? isDay(a, b, c) : isDay(c, b, a) || isDay(c, a, b);
}

const WALLET = ['wallet', 'btc', 'bitcoin', 'crypto', 'eth', 'ethereum', 'address'];

/** Cryptocurrency addresses; Bitcoin's carry a checksum, Ethereum's may (EIP-55). */
export const CRYPTO: readonly DetectorRule[] = [
  {
    id: 'bitcoin-base58',
    entity: 'CRYPTO',
    pattern: '[13][1-9A-HJ-NP-Za-km-z]{25,34}',
    left: WORD_WIDE,
    right: WORD_WIDE,
    score: 1,
    check: isBase58Check,
  },
  {
    id: 'bitcoin-bech32',
    entity: 'CRYPTO',
    pattern: '(?i)(?:bc|tb)1[ac-hj-np-z02-9]{11,71}',
    left: WORD_WIDE,
    right: WORD_WIDE,
    score: 1,
    check: isBech32,
  },
  {
    id: 'ethereum',
    entity: 'CRYPTO',
    pattern: '0x[0-9A-Fa-f]{40}',
    left: WORD_WIDE,
    right: WORD_WIDE,
    score: 0.5,
    check: ethereumScore,
    context: WALLET,
  },
];
