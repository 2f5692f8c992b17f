import { charSet, union, WORD, WORD_WIDE } from '../../automaton/char-set.ts';
import { entropy } from '../../checks/entropy.ts';
import type { DetectorRule, Verdict } from '../../detecting/rule.ts';

const QUOTED = String.raw`['"][^'"\s]{4,128}['"]`;
const PLAIN = String.raw`[^\s'"]{4,128}`;
const NEVER_SECRET =
  /^(?:[$%{[(<*./-]|process\.|(?:password|passwd|pass|pwd|token|secret|changeme|changeit|example|test|your|true|false|null|none|is|for|from|and|or|the|stdin|file|env)\b|x+$|\d{1,5}(?::\d{1,5})?$)/i;

/** The last word of the text, without quotes, where it may be a secret. */
function lastWord(text: string): Verdict {
  const value = /['"]?([^\s'"]+)['"]?$/.exec(text)!;
  const start = value.index + (value[0].startsWith(value[1]!) ? 0 : 1);
  return isChosen(value[1]!) && { start, end: start + value[1]!.length };
}

/** What people choose or programs draw: letters and digits or symbols, and not one character again and again. */
function isChosen(value: string): boolean {
  if (NEVER_SECRET.test(value) || /[(){}]/.test(value)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((test) => test.test(value)).length;
  return classes >= 2 && /[\d!@#$%^&*]/.test(value) && new Set(value).size >= 5 && entropy(value) >= 2.2;
}

function spoken(id: string, pattern: string, score = 0.8): DetectorRule {
  return {
    id,
    entity: 'SECRET',
    pattern: `(?i)${pattern}`,
    left: union(WORD_WIDE, charSet('-')),
    // A value that goes on into a placeholder was judged with what the placeholder stands for.
    right: union(WORD, charSet('$.@!#%^&*[-')),
    score,
    longestOnly: true,
    check: lastWord,
  };
}

/** Credentials as commands and files of their own syntax hold them. */
export const COMMAND_SECRETS: readonly DetectorRule[] = [
  // POSIX utility conventions, guideline 7, and GNU's long options: an option and its argument.
  spoken(
    'option-secret',
    String.raw`--(?:[a-z]{1,16}-)?(?:password|passwd|pass|token|secret|api-?key|access-key)[ \t]{1,2}(?:${QUOTED}|${PLAIN})`,
  ),
  // netrc(5): machine, login, password.
  spoken(
    'netrc-password',
    String.raw`login[ \t\r\n]{1,4}[^\s]{1,64}[ \t\r\n]{1,4}password[ \t]{1,2}(?:${PLAIN})`,
  ),
  // SQL dialects: CREATE USER … IDENTIFIED BY.
  spoken('sql-password', String.raw`identified[ \t]{1,2}by[ \t]{1,2}(?:password[ \t]{1,2})?${QUOTED}`),
  {
    ...spoken('mysql-option', String.raw`-p[ \t]?(?:${QUOTED}|${PLAIN})`, 0.3),
    // mysql(1), sshpass(1): the password directly after -p.
    check: (text) => {
      const value = /^-p[ \t]?['"]?([^\s'"]+)/i.exec(text)?.[1] ?? '';
      const start = text.indexOf(value, 2);
      return isChosen(value) && { start, end: start + value.length };
    },
    context: ['mysql', 'mysqldump', 'mysqladmin', 'mariadb', 'sshpass'],
  },
  {
    ...spoken('environment-secret', ''),
    // Kubernetes API reference, EnvVar: name and value on lines of their own.
    pattern: String.raw`name:[ \t]{1,4}['"]?[\w.-]{1,64}['"]?[ \t]{0,4}\r?\n[ \t]{1,16}value:[ \t]{1,4}(?:${QUOTED}|${PLAIN})`,
    check: (text) => /^name:[ \t]+['"]?[\w.-]*(?:pass|pwd|secret|token|key)/i.test(text) && lastWord(text),
  },
  {
    // PuTTY's key files, appendix C of its manual: the private blob follows.
    id: 'putty-key',
    entity: 'SECRET',
    pattern: String.raw`Private-Lines: \d{1,3}\r?\n[A-Za-z0-9+/=]{20,}`,
    score: 1,
    swallow: { kind: 'while', set: union(WORD, charSet('+/= \r\n')) },
  },
];
