import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { canonicalJson, PolicyFile } from '#contracts';
import type { ExportReport } from '#ledger';
import { loadPolicy } from '#rules';

/** A revision of a bundle of evidence, as far as it is compared with the ledger. */
const Stored = z.object({ revision: z.string(), files: z.array(PolicyFile), document: z.unknown() });
type Stored = z.infer<typeof Stored>;

/** What a revision's text turned out to be. */
export interface RevisionFinding {
  readonly revision: string;
  /** The entry by which it came into force; null where the export has none, so that nothing proves its text. */
  readonly index: number | null;
  /** What is wrong with its text. */
  readonly fault: string | null;
}

/** Compares the revisions in a folder (`<revision>.json`) with what the entries of a verified export say of them. */
export async function verifyPolicy(
  folder: string,
  revisions: ExportReport['revisions'],
): Promise<RevisionFinding[]> {
  const stored = new Map<string, Stored>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json') || name === 'revisions.json') continue;
    const parsed = Stored.safeParse(readJson(await readFile(path.join(folder, name), 'utf8')));
    if (parsed.success) stored.set(parsed.data.revision, parsed.data);
  }
  const unknown = [...stored.keys()].filter((name) => !revisions.some(({ revision }) => revision === name));
  return [
    ...revisions.map(({ revision, digest, index }) => ({
      ...{ revision, index },
      fault: faultOf(stored.get(revision), digest),
    })),
    ...unknown.map((revision) => ({ revision, index: null, fault: null })),
  ];
}

function faultOf(stored: Stored | undefined, digest: string): string | null {
  if (stored === undefined) return 'its text is not in the folder';
  if (digestOf(stored.document) !== digest) return 'its document is not the one that came into force';
  const loaded = loadPolicy(stored.files);
  if (loaded.kind === 'issues') return 'its text can not be read';
  return digestOf(loaded.document) === digest ? null : 'its text is not that of the document';
}

function digestOf(document: unknown): string | null {
  try {
    return createHash('sha256').update(canonicalJson(document)).digest('hex');
  } catch {
    return null;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
