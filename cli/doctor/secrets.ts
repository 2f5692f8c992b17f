import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PASSWORDS_FILE, requestLocalToken, SEEDED_USERS } from '#embedded';
import type { Finding, Surroundings } from './finding.ts';

/** The longest life of an access token that is still short. */
const longestTokenLifeSeconds = 3600;

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Files with secrets must be readable by their owner only. */
export async function checkSecretFiles({ stateDir }: Surroundings): Promise<Finding[]> {
  const check = 'secret files';
  try {
    const files = await filesBelow(join(stateDir, 'secrets'));
    const modes = await Promise.all(
      files.map(async (file) => ({ file, mode: (await stat(file)).mode & 0o077 })),
    );
    const open = modes.filter(({ mode }) => mode !== 0).map(({ file }) => file);
    if (open.length === 0)
      return [{ check, verdict: 'ok', detail: `${files.length} files, each for its owner only` }];
    return [{ check, verdict: 'problem', detail: `others may read ${open.join(', ')}`, remedy: 'chmod 600' }];
  } catch {
    return [
      {
        check,
        verdict: 'warning',
        detail: 'there is no secrets folder here',
        remedy: 'name the --state-dir',
      },
    ];
  }
}

/** The people of the examples are no secret; a token's life says for how long a stolen one is good. */
export async function checkIdentity({ stateDir, issuer }: Surroundings): Promise<Finding[]> {
  const dir = join(stateDir, 'identity');
  const [first] = SEEDED_USERS;
  try {
    await stat(join(dir, PASSWORDS_FILE));
    const { expiresInSeconds } = await requestLocalToken(issuer, dir, first?.name ?? '');
    const isShort = expiresInSeconds <= longestTokenLifeSeconds;
    const life: Finding = {
      check: 'token lifetime',
      verdict: isShort ? 'ok' : 'warning',
      detail: `an access token lives ${Math.round(expiresInSeconds / 60)} min`,
      ...(!isShort && { remedy: 'let access tokens live an hour at most' }),
    };
    const seeded: Finding = {
      check: 'default people',
      verdict: 'warning',
      detail: `the embedded identity provider with ${SEEDED_USERS.length} example people is in use`,
      remedy: 'for real use start with --issuer and remove the example groups from sallyport.yaml',
    };
    return [life, seeded];
  } catch {
    return [{ check: 'default people', verdict: 'ok', detail: 'no embedded identity provider answers here' }];
  }
}
