import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface BenignTexts {
  readonly prose: string;
  readonly code: string;
}

const MAX_CHARS = 4_000_000;
const MAX_FILE_CHARS = 40_000;
const CODE = /\.(?:js|ts|cjs|mjs|json|yml|yaml|c|cc|h|py|sh)$/;

/** Packages that are lists of people's names. */
const NAMES_PEOPLE = /[/\\]@faker-js[/\\]/;

/** READMEs and sources of the installed packages: text in which next to nothing is sensitive. */
export function benignTexts(root: string): BenignTexts {
  const prose: string[] = [];
  const code: string[] = [];
  const sizes = { prose: 0, code: 0 };
  let seen = 0;
  for (const file of walk(root, 0)) {
    if (NAMES_PEOPLE.test(file)) continue;
    seen++;
    if (/\.md$/i.test(file) && sizes.prose < MAX_CHARS) sizes.prose += take(prose, file);
    else if (CODE.test(file) && !/\.min\./.test(file) && seen % 13 === 0 && sizes.code < MAX_CHARS) {
      sizes.code += take(code, file);
    }
  }
  return { prose: prose.join('\n'), code: code.join('\n') };
}

function take(into: string[], file: string): number {
  const text = readFileSync(file, 'utf8').slice(0, MAX_FILE_CHARS);
  into.push(text);
  return text.length;
}

function* walk(directory: string, depth: number): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory() && depth < 5) yield* walk(file, depth + 1);
    else if (entry.isFile()) yield file;
  }
}
