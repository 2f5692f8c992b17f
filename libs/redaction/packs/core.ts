import { charSet, LATIN, union, WORD, WORD_WIDE } from '../automaton/char-set.ts';
import { cardCheck } from '../checks/card.ts';
import { isIban } from '../checks/iban.ts';
import { ipScore } from '../checks/ip.ts';
import { phoneCheck } from '../checks/phones/phone.ts';
import type { DetectorRule } from '../detecting/rule.ts';
import { PLACEHOLDER_PATTERN } from '../placeholders/placeholder.ts';

const DIGITS_BEFORE = union(WORD_WIDE, charSet('.-+$'));
const DIGITS_AFTER = union(WORD_WIDE, charSet('%'));

/** Letters of host names beyond ASCII: Latin, Greek, Cyrillic, Armenian, kana and ideographs. */
const LETTERS = String.raw`\xc0-\u058f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3`;

const EMAIL: DetectorRule = {
  id: 'email',
  entity: 'EMAIL_ADDRESS',
  // RFC 5321 mailbox: a dot-atom, or a quoted string without blanks, at a host name (the last label is letters,
  // RFC 3696); RFC 6531 adds letters beyond ASCII. Rows of other marks begin no address, and are not held.
  pattern: String.raw`(?:[\w.%+\xc0-\u058f-][\w.%&'+~!#*^\xc0-\u058f-]*|"[^\s"\\]{1,64}")@(?:(?:[A-Za-z0-9${LETTERS}](?:[A-Za-z0-9${LETTERS}-]*[A-Za-z0-9${LETTERS}])?\.)+(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40}|[\u0370-\u058f]{2,24}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{2,5}))`,
  left: union(WORD_WIDE, charSet('.+-%')),
  right: WORD_WIDE,
  score: 1,
  maxLength: 320,
  check: emailPart,
};

const EMAIL_AT_ADDRESS: DetectorRule = {
  ...EMAIL,
  id: 'email-literal',
  // RFC 5321 section 4.1.3; its bracket closes it, whatever follows.
  pattern: String.raw`[\w.%+-][\w.%&'+~!#*^-]*@\[(?:(?:\d{1,3}\.){3}\d{1,3}|IPv6:[0-9A-Fa-f:.]{2,45})\]`,
  right: [],
};

/** Drops punctuation of the sentence around it ("'a@b.com", "/a@b.com"): a local part starts with a letter or digit. */
function emailPart(text: string): { start: number; end: number } | boolean {
  const at = text.indexOf('@');
  const local = text.slice(0, at);
  const host = text.slice(at + 1).toLowerCase();
  if (local === 'git' || ASSET_SUFFIX.test(host)) return false;
  if (local.startsWith('"')) return true;
  const trimmed = local.replace(/^[^\w\u00c0-\u058f]+/, '');
  if (trimmed === '' || trimmed.length > 64 || trimmed.endsWith('.') || trimmed.includes('..')) return false;
  return { start: at - trimmed.length, end: text.length };
}

/** File name endings that are no top-level domains: logo@2x.png. */
const ASSET_SUFFIX =
  /\.(?:png|jpe?g|gif|svg|webp|avif|ico|js|mjs|ts|tsx|css|html|json|woff2?|ttf|pdf|yml|yaml|txt)$/;

const CARD: DetectorRule = {
  id: 'card',
  entity: 'CREDIT_CARD',
  pattern: String.raw`\d(?:[ .-]?\d){11,18}`,
  left: DIGITS_BEFORE,
  right: union(WORD, LATIN),
  score: 1,
  maxLength: 64,
  check: cardCheck,
  context: [
    'card',
    'cards',
    'credit',
    'debit',
    'visa',
    'mastercard',
    'maestro',
    'amex',
    'american express',
    'discover',
    'diners',
    'jcb',
    'cc ',
    'pan',
    'payment',
    'karte',
    'kreditkarte',
    'carte',
    'tarjeta',
    'carta',
  ],
};

const IBAN: DetectorRule = {
  id: 'iban',
  entity: 'IBAN_CODE',
  pattern: String.raw`(?i)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}`,
  left: WORD_WIDE,
  right: WORD_WIDE,
  score: 1,
  maxLength: 80,
  check: isIban,
};

const IPV4: DetectorRule = {
  id: 'ipv4',
  entity: 'IP_ADDRESS',
  pattern: String.raw`\d{1,3}(?:\.\d{1,3}){3}(?:\.\d+)*(?:/\d{1,2})?`,
  left: union(WORD_WIDE, charSet('.+')),
  right: WORD_WIDE,
  score: 0.75,
  longestOnly: true,
  // After a word's hyphen it is a version (foo-10.2.3.4); after an address, the end of a range.
  check: (text, _isEnough, { left }) => !/[\p{L}\p{N}_]-$/u.test(left().slice(-2)) && ipScore(text),
  context: ['ip', 'ipv4', 'address', 'host', 'server'],
};

const IPV6: DetectorRule = {
  id: 'ipv6',
  entity: 'IP_ADDRESS',
  pattern: String.raw`(?:[0-9A-Fa-f]{1,4}:|:)(?:[0-9A-Fa-f]{0,4}:){1,7}(?:[0-9A-Fa-f]{1,4}|\d{1,3}(?:\.\d{1,3}){3})?(?:%[A-Za-z0-9]{1,16})?(?:/\d{1,3})?`,
  left: union(WORD_WIDE, charSet('.:')),
  // What went on into a placeholder was no whole address.
  right: union(WORD_WIDE, charSet(':[')),
  score: 0.75,
  maxLength: 64,
  check: ipScore,
  context: ['ip', 'ipv6', 'address', 'host', 'server'],
};

const MAC_WORDS = [
  'mac',
  'macaddr',
  'macaddress',
  'mac address',
  'hardware address',
  'ethernet address',
  'bssid',
];

/** Without separators, as device lists hold them: only after a word that says so. */
const MAC_PLAIN: DetectorRule = {
  id: 'mac-plain',
  entity: 'MAC_ADDRESS',
  pattern: '[0-9A-F]{12}|[0-9a-f]{12}',
  left: union(WORD_WIDE, charSet('.:-')),
  right: union(WORD_WIDE, charSet(':-[')),
  score: 0.15,
  check: (text) => /\d/.test(text) && /[a-f]/i.test(text),
  context: MAC_WORDS,
  contextReach: 30,
};

const MAC: DetectorRule = {
  id: 'mac',
  entity: 'MAC_ADDRESS',
  // IEEE 802: six octets, separated by colons or hyphens, or three groups of four.
  pattern: String.raw`[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}`,
  left: union(WORD_WIDE, charSet('.:-')),
  right: union(WORD_WIDE, charSet(':-[')),
  score: 0.7,
  check: (text) => !/^(?:00[:-]?)+$|^(?:ff[:-]?)+$/i.test(text),
  context: ['mac', 'hardware', 'ethernet', 'device'],
};

const PHONE_WORDS = [
  'phone',
  'phones',
  'my number',
  'your number',
  'his number',
  'her number',
  'our number',
  'their number',
  'contact',
  'landline',
  'voicemail',
  'inform',
  'texted',
  'called',
  'mob',
  'mob.',
  'telephone',
  'tel',
  'cell',
  'cellphone',
  'mobile',
  'call',
  'fax',
  'whatsapp',
  'sms',
  'dial',
  'hotline',
  'ring',
  'text me',
  'reach',
  'telefon',
  'handy',
  'rufnummer',
  'téléphone',
  'portable',
  'gsm',
  'telefoonnummer',
  'telefoon',
  'puhelin',
  'komórka',
  'telefone',
  'celular',
  'teléfono',
  'móvil',
  'telefono',
  'cellulare',
  'cel',
  'tél',
  'mobil',
  'tlf',
  'puh',
  'numer',
  'тел',
  'телефон',
  'моб',
  'τηλ',
  'τηλέφωνο',
  'κινητό',
  'هاتف',
  'جوال',
  'טלפון',
  'फोन',
  'मोबाइल',
  '手机',
  '电话',
  '電話',
  '携帯',
  '전화',
  '휴대폰',
];

/** How telephone numbers are written, whoever assigns them. */
export const PHONE = {
  pattern: String.raw`(?:\+|\()?\d(?:[ \t./()-]{0,2}\d){6,16}(?:,? ?(?:ext\.?|x|#) ?\d{1,6})?`,
  left: union(WORD_WIDE, charSet('.-+/$')),
  right: DIGITS_AFTER,
  score: 0.4,
  maxLength: 48,
  context: PHONE_WORDS,
} satisfies Partial<DetectorRule>;

export function phoneRules(regions: readonly string[]): DetectorRule[] {
  const check = phoneCheck(regions);
  return [
    {
      id: 'phone',
      entity: 'PHONE_NUMBER',
      ...PHONE,
      check,
    },
  ];
}

/** What makes it a piece of a longer identifier, which an earlier pass may have seen. */
const SERIAL_END = String.raw`(?:-(?:\d+|${PLACEHOLDER_PATTERN}))?`;

export const SSN: DetectorRule = {
  id: 'us-ssn',
  entity: 'US_SSN',
  // Social Security Administration: area, group and serial are never all zero; area is never 666 or 9xx.
  pattern: String.raw`\d{3}(?:-\d{2}-|\.\d{2}\.| \d{2} )\d{4}${SERIAL_END}|\d{9}${SERIAL_END}|\d{3}-\d{6}|\d{5}-\d{4}`,
  left: union(WORD_WIDE, charSet('.-+$')),
  right: WORD_WIDE,
  longestOnly: true,
  score: 0.5,
  check: ssnScore,
  context: ['ssn', 'ssns', 'social security', 'social', 'ssid', 'ss#', 'ssn#'],
};

/** SSA: a number that an advertisement made known, void ever since; only where a word says what it is. */
const VOID = '078051120';

function ssnScore(text: string): number | false {
  if (text.endsWith(']')) return false;
  const digits = text.replace(/\D/g, '');
  const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
  if (area === '000' || area === '666' || area >= '900' || group === '00' || serial === '0000') return false;
  if (digits.length !== 9 || /^(\d)\1+$/.test(digits)) return false;
  if (digits === VOID) return 0.12;
  if (/^\d{3}-\d{2}-/.test(text)) return 0.6;
  if (text.length === 9 || text.includes('-')) return 0.15;
  return 0.5;
}

/** What any deployment masks: contact data, cards, bank accounts, network addresses. */
export const CORE: readonly DetectorRule[] = [
  EMAIL,
  EMAIL_AT_ADDRESS,
  CARD,
  IBAN,
  IPV4,
  IPV6,
  MAC,
  MAC_PLAIN,
  SSN,
];
