import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A text file of the repository. */
export interface Source {
  /** From the repository's root, with forward slashes. */
  path: string;
  text: string;
}

/** Something a check found. */
export interface Finding {
  path: string;
  /** Counted from 1. */
  line: number;
  message: string;
}

const skipped = new Set(['node_modules', 'dist', '.git', '.sallyport', 'coverage']);
const maxBytes = 4 * 1024 * 1024;

/** Every text file below `root`, dependencies and build output left out, in a stable order. */
export function readSources(root: string): Source[] {
  const found: Source[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !skipped.has(entry.name)) walk(relative);
      if (!entry.isFile()) continue;
      const bytes = readFileSync(path.join(root, relative));
      if (bytes.length <= maxBytes && !bytes.includes(0))
        found.push({ path: relative, text: bytes.toString('utf8') });
    }
  };
  walk('');
  return found;
}

/** One finding for each match of a pattern (with flag `g`) in a source. */
export function findAll(source: Source, pattern: RegExp, message: (match: string) => string): Finding[] {
  return [...source.text.matchAll(pattern)].map((match) => ({
    path: source.path,
    line: source.text.slice(0, match.index).split('\n').length,
    message: message(match[0]),
  }));
}
