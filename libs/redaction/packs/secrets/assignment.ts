import { ALNUM, charSet, union, WORD_WIDE } from '../../automaton/char-set.ts';
import { entropy } from '../../checks/entropy.ts';
import { fluency } from '../../checks/fluency.ts';
import type { DetectorRule, Verdict } from '../../detecting/rule.ts';
import { VENDOR_NAMES, vendorOf } from './vendor-assignments.ts';

const SECRET_NAMES = [
  'access',
  'api',
  'auth',
  'credential',
  'creds',
  'key',
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
];
/** Letters beyond ASCII; the automaton knows them as few classes, and the check tells which words they make up. */
const BEYOND = String.raw`\xc0-\u058f`;
const IDEOGRAPHS = String.raw`\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3`;
/** What a password is called elsewhere, as far as the automaton looks. */
const ABROAD = [
  ...['password', 'passwort', 'kennwort', 'mot de passe', 'mdp', 'contrase[nX]a', 'senha', 'palavra-passe'],
  ...['wachtwoord', 'has[lX]o', 'l[oX]senord', 'adgangskode', 'passord', 'salasana', 'heslo', 'jelsz[oX]'],
  ...['parola', '[sX]ifre', '[X]+', `[${IDEOGRAPHS}]+`],
]
  .join('|')
  .replaceAll('X', BEYOND);
const NAMED_ABROAD =
  /^(?:password|passwort|kennwort|mot de passe|mdp|contrase[nñ]a|senha|palavra-passe|wachtwoord|has[lł]o|l[oö]senord|adgangskode|passord|salasana|heslo|jelsz[oó]|parola|[sş]ifre|пароль|κωδικ[οό]ς|\S*(?:密码|密碼|パスワード|비밀번호))/iu;
/** "is" in those languages: a word of its own, but where no spaces are written. */
const IS_ABROAD = `[ \\t](?:lautet|ist|war|est|es|is|jest|to|er|on|je|[${BEYOND}]{1,8}r?):?[ \\t]|[ \\t]?[${IDEOGRAPHS}]{1,2}:?[ \\t]?`;
/** A word between the name and "is" that can't be the value: an earlier value is not passed over for a later one. */
const PASSED = String.raw`[A-Za-z_\xc0-\u058f.-]+`;
const NAME_START = [...SECRET_NAMES, ...VENDOR_NAMES].join('|');
const VALUE_CHARS = union(ALNUM, charSet('_./+=~!@#$%^&*:?|<-'));
const OPERATOR = String.raw`(?:(?:\\?[\s'"\x60\])]){0,3}(?:=|:{1,3}=|:|=>|>|->|<-|\|{1,2}:?|[?.+]=)|\\?['"\x60],|:[ \t]?[&\w]{1,16}[ \t]{0,2}=|[ \t](?:string|str|String)[ \t]?=|\([ \t]?['"\x60]|[ \t]{1,2}['"\x60])`;
/** A block scalar's header, YAML 1.2.2 section 8.1. */
const BLOCK = String.raw`:[ \t]{1,2}[|>][+-]?\r?\n[ \t]{0,16}`;
/** At least six characters; `://` ends it, so that the whole of a URL is never held back. */
const VALUE = String.raw`(?:[\w.+=~!@#$%^&*?|<-]|/[\w.+=~!@#$%^&*?|<-])(?:[\w./+=~!@#$%^&*?|<-]|:[\w.+=~!@#$%^&*:?|<-]){5,}`;
/** After a comma directly, as in a line of CSV (RFC 4180): with a space between it is an enumeration. */
const OPERATOR_AND_VALUE = String.raw`(?:${OPERATOR}(?:\\?['"\x60\s=]){0,6}(?:@['"])?|${BLOCK}|,)${VALUE}`;

const inAnyCase = (word: string) => word.replace(/[a-z]/g, (c) => `[${c}${c.toUpperCase()}]`);
/** At least what `TELLING_NAME` asks for: after any other word nothing has to be held back. */
const TELLING = [
  ...[
    'access',
    'api',
    'auth',
    'cred',
    'key',
    'pass',
    'pwd',
    'pw',
    'psk',
    'secret',
    'token',
    'sig',
    'cookie',
    'session',
  ],
  ...VENDOR_NAMES,
]
  .map(inAnyCase)
  .join('|');

const ASSIGNMENT: DetectorRule = {
  id: 'assigned-secret',
  entity: 'SECRET',
  pattern: String.raw`[\w.-]*(?:${TELLING})[\w.-]*${OPERATOR_AND_VALUE}`,
  left: union(WORD_WIDE, charSet('.-')),
  // A value that goes on into a placeholder was judged with what the placeholder stands for.
  right: union(VALUE_CHARS, charSet('[')),
  score: 0.8,
  longestOnly: true,
  swallow: { kind: 'while', set: VALUE_CHARS },
  check: assignedSecret,
};

/**
 * name = value, "name": "value", <name>value, name => value, f("name", "value"). One word may assign anything, the
 * check tells; several words ("Adafruit API key: …") must begin with a telling one, or all prose would be held back.
 */
export const ASSIGNMENTS: readonly DetectorRule[] = [
  ASSIGNMENT,
  {
    ...ASSIGNMENT,
    id: 'assigned-secret-phrase',
    pattern: String.raw`(?i)(?:${NAME_START})[\w.-]*(?:[ \t][\w.-]+){1,2}${OPERATOR_AND_VALUE}`,
  },
  {
    ...ASSIGNMENT,
    id: 'said-secret',
    pattern: String.raw`(?i)(?:${NAME_START})[\w.-]*(?:[ \t][\w.-]+){0,4}[ \t](?:is|was|to)(?:[ \t]now)?:?[ \t]['"\x60]?${VALUE}`,
    check: saidSecret,
  },
  {
    ...ASSIGNMENT,
    id: 'said-secret-abroad',
    pattern: String.raw`(?i)(?:${ABROAD})(?:[ \t]${PASSED}){0,3}(?:[ \t]{0,2}[:=][ \t]{0,2}|[ \t]-[ \t]|${IS_ABROAD})['"\x60]?${VALUE}`,
    check: saidAbroad,
  },
  {
    ...ASSIGNMENT,
    id: 'instructed-secret',
    // Dockerfile reference (ENV and ARG without an equals sign), and SET of several shells.
    pattern: String.raw`(?:ENV|ARG|SET|set|setx)[ \t](?:-[gUlxu]{1,4}[ \t])?[\w.-]+[ \t]{1,4}['"]?${VALUE}`,
    check: (text) =>
      assignedSecret(
        text.replace(
          /^(\w+)([ \t](?:-[gUlxu]{1,4}[ \t])?)([\w.-]+)[ \t]/,
          (_, ...[verb, gap, name]) => `${'.'.repeat(verb.length + gap.length)}${name}=`,
        ),
      ),
  },
];

/** In a sentence ("my password is …") the value must look like one by itself: words follow "is" more often. The first that does counts. */
function saidSecret(text: string): Verdict {
  for (const said of text.matchAll(SAID)) {
    const [opening, quote = ''] = said;
    const name = text.slice(0, said.index);
    const start = said.index + opening.length;
    const value = trimmed(/^\S*/.exec(text.slice(start))![0], false);
    const isStrong = STRONG_NAME.test(name) && /\d/.test(value) && /[A-Za-z]/.test(value);
    if (!isStrong && value.length < LEAST_SAID_CHARS) continue;
    const judged = assignedSecret(`${name.replace(/[ \t]+/g, '_')}=${quote}${value}`);
    if (typeof judged === 'object') return { ...judged, start, end: start + value.length };
  }
  return false;
}

const SAID = /[ \t](?:is|was|to)(?:[ \t]now)?:?[ \t](['"`]?)/gi;
const LEAST_SAID_CHARS = 16;

/** The last word, where it has letters and digits: after "is" words follow more often. */
function saidAbroad(text: string): Verdict {
  if (!NAMED_ABROAD.test(text)) return false;
  const [value = ''] = /[^\s'"`:=\u0080-\uffff]+$/.exec(text) ?? [];
  const kept = trimmed(value, false);
  const start = text.length - value.length;
  const judged = /\d/.test(kept) && /[A-Za-z]/.test(kept) && assignedSecret(`password=${kept}`);
  return typeof judged === 'object' && { start, end: start + kept.length, score: 0.8 };
}

/** What a value is judged by; a longer one is random or not long before its end. */
const PROBE_CHARS = 96;
const LONGEST_VENDOR_VALUE = 150;

const PARTS =
  /^([\w.-]+(?:[ \t][\w.-]+){0,2}?)(?::[ \t]?[&A-Za-z]{1,16}(?=[ \t]{0,2}=[ \t]{0,2}['"`]))?(?:\\?[\s'"`\])]){0,3}?(=>|:{1,3}=|->|<-|\|{1,2}:?|[?.+]=|=|:|>|,|\(|[ \t]{1,2}(?=['"`]))((?:[ \t]{1,2}[|>][+-]?\r?\n)?(?:\\?['"`\s=])*(?:@['"])?)(.*)$/s;
const STRONG_NAME =
  /passw|(?:^|[_.-])pass$|passcode|passphrase|pwd|(?:^|[_.-])p(?:sk|w)$|secret|credential|creds|private/i;
const BENIGN_NAME =
  /public|token[_.-]?(?:type|count|limit|usage|name|s\b)|max[_.-]?tokens?|keyboard|keyword|monkey|turkey|hotkey|key[_.-]?(?:alias|board|code|down|file|frame|id|length|name|pair|path|press|ring|size|stone|store|type|up|word|s$)|(?:primary|foreign|cache|sort|partition|row|object|map|group|index|lookup|unique|translation|react|natural|sequence|schema)[_.-]?keys?|author(?!iz)|auth[_.-]?(?:mode|type|method|scheme|flow|level)|csrf|access(?:ib|or)|rapid(?!api)|capital|integrity|checksum|sha\d|md5|digest|fingerprint|endpoint|ur[il]$|version|[_.-](?:name|path|file|dir|length|size|id)$|(?:credentials?|api)[_.-]?id|secretsmanager|significant|sigma|design|signal|signature[_.-]?(?:alg|ver)|algorithm|tokeni[sz]er|[_.-]policy$/i;
const REFERENCE =
  /^-?(?:!|[A-Za-z]+<|process\.|os\.|env[.[(]|\$|%\w+%$|\{|<|\.{1,2}\/|\/|https?:|file:|data:|function|null|undefined|true|false|none|required|optional|string|number|boolean|object|self\.|this\.|config\.|settings\.|params\.|req\.|request\.|example|changeme|change_me|your[_-]|my[_-]|test[_-]|xxx|todo|placeholder|dummy|sample|\*{3}|arn:|@\w+@)/i;

/** Whether the value is one that the vendor's name, or a credential's name, promises; only the value is the finding. */
export function assignedSecret(text: string): Verdict {
  const parts = PARTS.exec(text);
  if (!parts) return false;
  const [, name = '', operator = '', opening = '', rest = ''] = parts;
  if (!TELLING_NAME.test(name)) return false;
  if (EMPTY.test(opening)) return false;
  const quoted = /['"`]/.test(opening);
  // Frameworks tell that a key is encoded: base64:…
  const scheme = rest.startsWith(ENCODED) ? ENCODED.length : 0;
  const value = trimmed(rest.slice(scheme), quoted);
  const start = text.length - rest.length + scheme;
  const vendor = value.length <= LONGEST_VENDOR_VALUE ? vendorOf(name, value) : undefined;
  if (vendor && !FILLER.test(value))
    return { start, end: start + value.length, score: 0.9, rule: `${vendor}-assigned` };
  const probe = value.slice(0, PROBE_CHARS);
  if (value.length < 6 || BENIGN_NAME.test(name) || FILLER.test(probe)) return false;
  if (REFERENCE.test(probe) && !isBase64(probe)) return false;
  // A condition asks about the same constant twice: defined(SOME_API) || SOME_API+0 > 3.
  if (name.includes('_') && value.startsWith(name)) return false;
  const isElement = operator === '>' && rest.includes('</');
  const direct = isElement || (operator !== ',' && operator !== '>' && !name.includes(' '));
  const strength =
    !direct || !STRONG_NAME.test(name) ? 'weak' : PASSWORD_NAME.test(name) ? 'password' : 'strong';
  if (!SECRET_NAME.test(name) || !looksRandom(probe, strength)) return false;
  return { start, end: start + value.length };
}

/** name = '' and what the next line holds. */
const EMPTY = /^\s*(?:''|""|``)\s/;
const ENCODED = 'base64:';
/** What is assigned to such a name is what somebody types: words with a number behind them, too. */
const PASSWORD_NAME = /(?:passw(?:or)?d|pwd|passphrase|passcode|(?:^|[_.-])pass|(?:^|[_.-])pw)$/i;

const SECRET_NAME =
  /access|api|auth|cred|key|passw|(?:^|[_.-])pass$|passcode|passphrase|pwd|(?:^|[_.-])p(?:sk|w)$|secret|token|(?:^|[^a-z])sig$|cookie|session/i;

/** What a name must hold for its value to be looked at. */
const TELLING_NAME = new RegExp(`${SECRET_NAME.source}|${VENDOR_NAMES.join('|')}`, 'i');

/** An unquoted value ends before the next query parameter and without the sentence's punctuation. */
function trimmed(rest: string, quoted: boolean): string {
  if (quoted) return rest;
  const parameter = rest.slice(0, PROBE_CHARS).search(/&\w+=/);
  return (parameter > 0 ? rest.slice(0, parameter) : rest).replace(/[.:?!|<]+$/, '').replace(/<\/.*$/, '');
}

const WORDS_ONLY = /^[A-Za-z*]+(?:[-_.:/*|]+[A-Za-z*]+)*[-_.*|]*\d{0,2}[*.]*$/;
const CALL_OR_PATH =
  /[([]|\.(?:js|mjs|ts|tsx|json|py|go|md|txt|pem|key|crt|yml|yaml|html|css)$|^[A-Za-z_$][\w$]*(?:[.?]+[A-Za-z_$][\w$]*)+$|::|\/\/|^\d+(?:\.\d+)*$|^\d{4}-\d\d/;
const FILLER = /EXAMPLE(?:KEY)?$|abcdefghijkl|1234567890|(.)\1{24}/i;
const ALPHABET = /abcdefgh|01234567|12345678|qwerty/i;

/** How much the name says by itself: that something secret may follow, that it does, that a person chose it. */
type Strength = 'weak' | 'strong' | 'password';

function looksRandom(value: string, strength: Strength): boolean {
  if ((CALL_OR_PATH.test(value) && !isBase64(value)) || isConstantName(value)) return false;
  if (WORDS_ONLY.test(value) && !isMoreThanWords(value, strength)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((test) => test.test(value)).length;
  if (strength === 'strong' && TYPE_NAME.test(value) && isMadeOfWords(value)) return false;
  if (strength !== 'weak') return classes >= 2 && new Set(value).size >= 5 && entropy(value) >= 2.2;
  if (strength === 'weak' && SNAKE.test(value) && (fluency(value) ?? 0) >= -0.3) return false;
  // Symbols of every kind: somebody's password, unless it is a piece of a program.
  if (classes === 4 && value.length >= 10 && !/[()[\]{};,<>|&=:/]/.test(value)) return entropy(value) >= 3;
  if (value.length < 10 || ALPHABET.test(value) || !/[A-Za-z]/.test(value)) return false;
  if (!/\d/.test(value) && !isScrambled(value)) return false;
  const least = value.length >= 20 && !/^[a-f\d]+$/i.test(value) ? 3.2 : 3;
  return /^[\w.=+/~-]+$/.test(value) && !isMadeOfWords(value) && entropy(value) >= least;
}

function isMoreThanWords(value: string, strength: Strength): boolean {
  if (strength === 'password' && /[a-z][-_.]?\d+$/i.test(value)) return true;
  return strength === 'weak' ? isScrambled(value) : isShuffled(value);
}

/** Letters alone, so long and so unlike words that chance put them there. */
function isScrambled(value: string): boolean {
  return value.length >= 16 && isShuffled(value) && (fluency(value) ?? 0) < SCRAMBLED;
}

/** prepare16_v2: words joined by underscores, with a number behind some. */
const SNAKE = /^[A-Za-z]{1,24}\d{0,2}(?:_[A-Za-z]{1,24}\d{0,2})+$/;
/** PascalCase: what a program calls a type. */
const TYPE_NAME = /^_?[A-Z][a-z]+\w*[A-Z][a-z]\w*$/;
const SCRAMBLED = -0.7;
const BASE64 = /^[A-Za-z0-9+/]{32,}={0,2}$/;

/** RFC 4648 section 4: slashes in it are no path. */
function isBase64(value: string): boolean {
  return (
    BASE64.test(value) &&
    /\d/.test(value) &&
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    (fluency(value) ?? 0) < 0
  );
}

/** Letters alone whose case changes as in base64, not as in joined words. */
function isShuffled(value: string): boolean {
  const turns = (value.match(/[a-z][A-Z]/g) ?? []).length;
  return value.length >= 10 && turns * 8 >= value.length && !isMadeOfWords(value);
}

function isConstantName(value: string): boolean {
  return /^(?:\.\.\.|\*{2}|[.|])/.test(value) || /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$/.test(value);
}

/** Mostly runs of letters in one case, joined: an identifier with a number in it. */
function isMadeOfWords(value: string): boolean {
  const words = value.match(/[A-Z]?[a-z]{3,}|[A-Z]{4,}/g) ?? [];
  const inWords = words.reduce((sum, word) => sum + (isPronounceable(word) ? word.length : 0), 0);
  return inWords > value.length * 0.6 && (fluency(value) ?? 0) >= 0;
}

function isPronounceable(word: string): boolean {
  return /[aeiouy]/i.test(word) && !/[^aeiouy]{4}|[aeiou]{4}/i.test(word);
}
