import { charSet, union, WORD, WORD_WIDE } from '../../automaton/char-set.ts';
import type { DetectorRule, Verdict } from '../../detecting/rule.ts';
import { AFTER_CHOSEN, chosenAt, PLAIN, QUOTED } from './chosen.ts';

/** The last word of the text, without quotes, where it may be a secret. */
function lastWord(text: string): Verdict {
  return chosenAt(text, /^(?:.*[ \t\r\n:=])?(?=['"]?[^\s'"]+['"]?$)/s);
}

function spoken(id: string, pattern: string, score = 0.8): DetectorRule {
  return {
    id,
    entity: 'SECRET',
    pattern: `(?i)${pattern}`,
    left: union(WORD_WIDE, charSet('-')),
    right: AFTER_CHOSEN,
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
