import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Licences whose terms an Apache-2.0 work can meet by naming them (SPDX identifiers). */
const allowed = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC0-1.0',
  'Unlicense',
]);

/** Packages that name their licence in prose only, read by a person at this version. */
const readByHand: Record<string, string> = { 'node_modules/pause@0.0.1': 'MIT' };

interface LockedPackage {
  version?: string;
  license?: string;
  dev?: boolean;
}

/** True where one alternative of an SPDX expression is allowed and every part of a conjunction is. */
export function isAllowed(expression: string): boolean {
  const bare = expression.trim().replace(/^\((.*)\)$/, '$1');
  return bare.split(/ OR /).some((choice) => choice.split(/ AND /).every((part) => allowed.has(part.trim())));
}

/** The licence of a package that its lock entry doesn't give: older packages have an object or a list. */
function licenceOnDisk(root: string, name: string): string | undefined {
  const file = path.join(root, name, 'package.json');
  if (!existsSync(file)) return undefined;
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as {
    license?: string | { type?: string };
    licenses?: { type?: string }[];
  };
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ');
}

/** Production dependencies of a lock file (npm, version 3) whose licence is not on the list, one line each. */
export function findLicences(root: string, lockFile: string): string[] {
  const lock = JSON.parse(readFileSync(path.join(root, lockFile), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const folder = path.dirname(path.join(root, lockFile));
  return Object.entries(lock.packages)
    .filter(([name, { dev }]) => name !== '' && !dev)
    .flatMap(([name, entry]) => {
      const id = `${name}@${entry.version ?? ''}`;
      const licence = entry.license ?? licenceOnDisk(folder, name) ?? readByHand[id] ?? 'none named';
      return isAllowed(licence) ? [] : [`${id}: ${licence}`];
    });
}
