import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Source } from '../checks/sources.ts';

const copied = /^COPY (\w+) \1$/gm;
const imported = /from '(\.[^']+)'/g;

/** Imports of what the image builds that lead out of what the Dockerfile copies: the build of the image would fail. */
export function findLeavingImports(
  dockerfile: string,
  excluded: readonly string[],
  sources: readonly Source[],
): string[] {
  const folders = [...dockerfile.matchAll(copied)].map(([, folder]) => folder);
  const built = sources.filter(({ path: file }) => {
    const isSource = file.endsWith('.ts') && !file.endsWith('.test.ts') && !excluded.includes(file);
    return isSource && folders.includes(file.split('/')[0]);
  });
  return built.flatMap(({ path: file, text }) =>
    [...text.matchAll(imported)]
      .map(([, target = '']) => path.posix.join(path.posix.dirname(file), target))
      .filter((target) => !folders.includes(target.split('/')[0]))
      .map((target) => `deploy/Dockerfile: ${file} imports ${target}, which is not copied`),
  );
}

/** The same for this repository's Dockerfile and its build. */
export function findImageProblems(root: string, sources: readonly Source[]): string[] {
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  const { exclude } = parse(read('tsconfig.build.json')) as { exclude: string[] };
  return findLeavingImports(read('deploy/Dockerfile'), exclude, sources);
}
