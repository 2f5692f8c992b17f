import { charSet, union, WORD_WIDE } from '../../automaton/char-set.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { AFTER_CHOSEN, chosenAt, PLAIN, QUOTED } from './chosen.ts';

/**
 * Short options that take a password, and the commands whose they are: elsewhere the same letter is a port, a path or
 * a process. Sources are the commands' manuals.
 */
const OPTIONS: ReadonlyArray<readonly [flag: string, isGlued: boolean, commands: readonly string[]]> = [
  ['p', true, ['mysql', 'mariadb', 'sshpass', '7z', 'unzip']],
  [
    'p',
    false,
    ['docker login', 'podman login', 'az login', 'mongo', 'cqlsh', 'oc login', 'nexus', 'htpasswd'],
  ],
  ['P', false, ['sqlcmd', 'bcp', 'isql', 'mosquitto', 'zip', 'unzip']],
  ['w', false, ['ldapsearch', 'ldapmodify', 'ldapadd', 'ldapdelete', 'ldapwhoami', 'ldappasswd']],
  ['a', false, ['redis-cli']],
];

function option(flag: string, isGlued: boolean, commands: readonly string[]): DetectorRule {
  const value = `(?:${QUOTED}|${PLAIN})`;
  return {
    id: `option-${flag}${isGlued ? '-glued' : ''}`,
    entity: 'SECRET',
    pattern: isGlued ? String.raw`-${flag}[ \t]?${value}` : String.raw`-${flag}[ \t]{1,2}${value}`,
    left: union(WORD_WIDE, charSet('-')),
    right: AFTER_CHOSEN,
    score: 0.3,
    longestOnly: true,
    check: (text) => chosenAt(text, isGlued ? /^-.[ \t]?/ : /^-.[ \t]+/),
    context: commands,
    contextReach: 160,
  };
}

/** Passwords after a command's short option. */
export const OPTION_SECRETS: readonly DetectorRule[] = OPTIONS.map(([flag, isGlued, commands]) =>
  option(flag, isGlued, commands),
);
