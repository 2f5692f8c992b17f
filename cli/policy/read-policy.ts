import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatIssue, type LoadedPolicy, loadPolicy, type SourceFile } from '#rules';

export type ReadPolicy = LoadedPolicy | { readonly kind: 'unreadable'; readonly message: string };

const filesLimit = 1000;

/** Reads a policy from a file, or from a folder's YAML files merged in name order. */
export async function readPolicy(path: string): Promise<ReadPolicy> {
  try {
    return loadPolicy(await readSources(path));
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or folder' : String(error);
    return { kind: 'unreadable', message: `${path}: ${reason}` };
  }
}

/** Reads a policy's files as they are. */
export async function readSources(path: string): Promise<SourceFile[]> {
  if (!(await stat(path)).isDirectory()) return [{ name: path, text: await readFile(path, 'utf8') }];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 0) throw new Error('the folder holds no YAML files');
  if (names.length > filesLimit) throw new Error(`the folder holds more than ${filesLimit} YAML files`);
  return Promise.all(
    names.map(async (name) => ({
      name: join(basename(path), name),
      text: await readFile(join(path, name), 'utf8'),
    })),
  );
}

type Unusable = Exclude<ReadPolicy, { kind: 'policy' }>;

/** What is wrong with a policy: a line each. */
export function faultsText(read: Unusable): string {
  return read.kind === 'unreadable' ? read.message : read.issues.map(formatIssue).join('\n');
}

/** The faults of a policy, for programs. */
export function faultsOf(read: Unusable): Partial<Pick<Extract<LoadedPolicy, { kind: 'issues' }>, 'issues'>> {
  return read.kind === 'issues' ? { issues: read.issues } : {};
}
