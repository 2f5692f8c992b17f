import { charSet, union, WORD_WIDE } from '../../automaton/char-set.ts';
import type { DetectorRule, Verdict } from '../../detecting/rule.ts';
import { assignedSecret } from './assignment.ts';
import { AFTER_CHOSEN, chosenAt, isChosen, PLAIN } from './chosen.ts';

/** The last group is the value, the first the name that tells whether it is secret. */
function pair(pattern: RegExp): (text: string) => Verdict {
  return (text) => {
    const [, name = '', value = ''] = pattern.exec(text) ?? [];
    const judged = assignedSecret(`${name}="${value}`);
    const start = text.lastIndexOf(value);
    return typeof judged === 'object' && { ...judged, start, end: start + value.length };
  };
}

/** In what stands between, no bracket: with a placeholder there, an earlier pass has decided. */
const LINE = String.raw`[ \t]*\w+[ \t]*=[^\n{}\[]*\n`;

/** Whatever is no ASCII: part of a value that ends at a mark. */
const BEYOND = [0x80, 0xffff] as const;

const TELLS_STDIN = String.raw`(?:--password-stdin|--with-token|--token-stdin|--stdin|sudo[ \t]-S|chpasswd|passphrase-fd|secret[ \t](?:create|set|put|add))`;

/** Credentials whose name stands elsewhere than before an equals sign, as a format or a command has it. */
export const DOCUMENT_SECRETS: readonly DetectorRule[] = [
  {
    id: 'attribute-secret',
    entity: 'SECRET',
    // .NET appSettings, Spring beans, Ant: the name in one attribute, the value in the next.
    pattern: String.raw`(?:key|name)="[\w.:-]+"[ \t\r\n]{1,8}value="[^"\s<>&\[]+`,
    left: WORD_WIDE,
    right: charSet([0x21, 0x21], [0x23, 0x3b], [0x3d, 0x3d], [0x3f, 0x7e], BEYOND),
    score: 0.8,
    maxLength: 400,
    longestOnly: true,
    check: pair(/="([^"]+)"\s+value="(.+)$/s),
  },
  {
    id: 'entry-secret',
    entity: 'SECRET',
    // AWS task definitions, Kubernetes in JSON, template parameters: name and value are two members.
    pattern: String.raw`"(?:[Nn]ame|[Kk]ey|ParameterKey)"[ \t]?:[ \t\r\n]{0,4}"[\w.:-]+",[ \t\r\n]{0,16}"(?:[Vv]alue|ParameterValue)"[ \t]?:[ \t\r\n]{0,4}"[^"\s\[]+`,
    right: charSet([0x21, 0x21], [0x23, 0x7e], BEYOND),
    score: 0.8,
    maxLength: 400,
    longestOnly: true,
    check: pair(/:\s*"([^"]+)",\s*"\w+"\s?:\s*"(.+)$/s),
  },
  {
    id: 'plist-secret',
    entity: 'SECRET',
    // Apple's property lists: a key element, then the value's.
    pattern: String.raw`<key>[\w.:-]+</key>[ \t\r\n]{0,16}<string>[^<\s\[]+`,
    right: charSet([0x21, 0x3b], [0x3d, 0x7e], BEYOND),
    score: 0.8,
    maxLength: 400,
    longestOnly: true,
    check: pair(/<key>([^<]+)<\/key>\s*<string>(.+)$/s),
  },
  {
    id: 'terraform-default',
    entity: 'SECRET',
    // Terraform language, input variables: the block's label names what its default is.
    pattern: String.raw`variable[ \t]{1,4}"[\w-]+"[ \t]{0,4}\{[ \t]*\r?\n(?:${LINE})*[ \t]*default[ \t]*=[ \t]*"[^"\s\[]+`,
    left: WORD_WIDE,
    right: charSet([0x21, 0x21], [0x23, 0x7e], BEYOND),
    score: 0.8,
    maxLength: 480,
    longestOnly: true,
    check: pair(/"([\w-]+)"[ \t]*\{.*default[ \t]*=[ \t]*"(.+)$/s),
  },
  {
    id: 'pgpass',
    entity: 'SECRET',
    // PostgreSQL manual, the password file: host:port:database:user:password.
    pattern: String.raw`[\w.*-]+:(?:\d{4,5}|\*):(?:\*|[A-Za-z_][\w-]*):[\w.@-]+:[\w$.@!#%^&*\](){}/=?+~<>\xc0-\u058f-]{4,128}`,
    left: union(WORD_WIDE, charSet('.-/:')),
    right: union(AFTER_CHOSEN, charSet(':')),
    score: 0.8,
    maxLength: 320,
    longestOnly: true,
    check: (text) => {
      const start = text.lastIndexOf(':') + 1;
      return isChosen(text.slice(start)) && { start, end: text.length };
    },
  },
  {
    id: 'oracle-url',
    entity: 'SECRET',
    // Oracle JDBC developer's guide: user/password before the at sign.
    pattern: String.raw`jdbc:oracle:[a-z]{2,8}:[\w.-]+/[^\s@'"]{3,128}@`,
    left: WORD_WIDE,
    score: 0.95,
    check: (text) => {
      const start = text.indexOf('/') + 1;
      const isNamed = !/^[$%{[(<]/.test(text.slice(start));
      return isNamed && { start, end: text.length - 1 };
    },
  },
  {
    id: 'piped-secret',
    entity: 'SECRET',
    // What is written to a command that reads a password from its standard input.
    pattern: String.raw`(?:echo|printf)[ \t]{1,4}(?:-[neE]{1,3}[ \t]{1,4})?(?:['"]%s(?:\\n)?['"][ \t]{1,4})?['"]?[^\s'"|]{4,128}['"]?[ \t]{0,4}\|[^\n|\[]*${TELLS_STDIN}`,
    left: WORD_WIDE,
    score: 0.85,
    maxLength: 400,
    check: (text) => {
      const opening = /^(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?(?:['"]%s(?:\\n)?['"][ \t]+)?/;
      // chpasswd(8) reads user:password.
      return chosenAt(
        text,
        text.endsWith('chpasswd') ? new RegExp(`${opening.source}['"]?[\\w.-]+:`) : opening,
      );
    },
  },
  {
    id: 'here-string-secret',
    entity: 'SECRET',
    pattern: String.raw`(?:--password-stdin|--with-token|--stdin)[ \t]{0,4}<<<[ \t]{0,4}['"]?${PLAIN}`,
    right: AFTER_CHOSEN,
    score: 0.85,
    longestOnly: true,
    check: (text) => chosenAt(text, /<<<[ \t]*/),
  },
  {
    id: 'named-option-secret',
    entity: 'SECRET',
    // keytool(1), redis.conf, net use, ConvertTo-SecureString, htpasswd -b: a word of the command's own, then the password.
    pattern: String.raw`(?i)(?:-{1,2}(?:src|dest)?(?:storepass|keypass)|requirepass|masterauth|/user:[\w.\\@-]+|converttosecurestring|convertto-securestring(?:[ \t]{1,2}-string)?|htpasswd[ \t]{1,2}-[a-z]{0,4}b[a-z]{0,4}[ \t]{1,2}[^\s'"]+[ \t]{1,2}[^\s'"]+)[ \t]{1,4}['"]?${PLAIN}`,
    left: union(WORD_WIDE, charSet('-')),
    right: AFTER_CHOSEN,
    score: 0.8,
    longestOnly: true,
    maxLength: 300,
    check: (text) => chosenAt(text, /^.*[ \t](?=['"]?[^\s'"]+$)/s),
  },
];
