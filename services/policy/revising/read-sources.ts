import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatIssue, type LoadedPolicy, loadPolicyWith, type PrepareProfile, type SourceFile } from '#rules';

/** A document that can't be used, with a line for each thing that is wrong. */
export class BadDocumentError extends Error {
  override readonly name = 'BadDocumentError';
}

/** A usable document with the files it was read from. */
export type Usable = Extract<LoadedPolicy, { kind: 'policy' }> & { files: SourceFile[] };

/** Reads `sallyport.yaml`, or every YAML file of a folder, in name order. */
export async function readSources(location: string): Promise<SourceFile[]> {
  const found = await stat(location);
  if (!found.isDirectory())
    return [{ name: path.basename(location), text: await readFile(location, 'utf8') }];
  const names = (await readdir(location)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(path.join(location, name), 'utf8') })),
  );
}

/** Reads and checks what stands at `location`. Throws `BadDocumentError`. */
export async function readUsable(location: string, prepare: PrepareProfile): Promise<Usable> {
  const files = await readSources(location);
  const loaded = await loadPolicyWith(prepare, files);
  if (loaded.kind === 'issues') throw new BadDocumentError(loaded.issues.map(formatIssue).join('\n'));
  return { ...loaded, files };
}
