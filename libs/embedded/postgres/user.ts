import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartProblem } from '../problem.ts';
import { runCommand } from '../processes/run-command.ts';

/** How to run a program that refuses to be root. */
export interface UnprivilegedUser {
  readonly uid?: number;
  readonly gid?: number;
  /** A command put before the program's own. */
  readonly prefix: readonly string[];
}

/**
 * Postgres refuses to run as root. As root it is run as `nobody`; where the folders are closed to others it
 * keeps the one capability that opens them (capabilities(7): CAP_DAC_OVERRIDE). Otherwise nothing changes.
 * @throws StartProblem `embedded.not_permitted` when neither way is open.
 */
export async function unprivilegedUser(paths: readonly string[]): Promise<UnprivilegedUser> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const { uid, gid } = await nobody();
  if (await allReachable(paths)) return { uid, gid, prefix: [] };
  const prefix = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
  ];
  const [command = '', ...args] = prefix;
  const tried = await runCommand(command, [...args, 'true']);
  if (tried.code === 0) return { prefix };
  throw new StartProblem(
    'embedded.not_permitted',
    'Postgres refuses to run as root, and other users may not enter this folder',
    'run as an ordinary user, move the checkout where others may read it, or set DATABASE_URL',
  );
}

/** Gives a folder to the user that `unprivilegedUser` chose. */
export async function giveTo(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await nobody();
  await chown(path, uid, gid);
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([
    runCommand('id', ['-u', 'nobody']),
    runCommand('id', ['-g', 'nobody']),
  ]);
  return { uid: Number(uid.stdout.trim() || 65534), gid: Number(gid.stdout.trim() || 65534) };
}

async function allReachable(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    for (let dir = dirname(path); ; dir = dirname(dir)) {
      if (((await stat(dir)).mode & 0o001) === 0) return false;
      if (dir === dirname(dir)) break;
    }
  }
  return true;
}
