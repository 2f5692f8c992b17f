import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The text of a test file, with that of the cases beside it which it imports to run them in its own world. */
export function testText(file: string): string {
  const text = readFileSync(file, 'utf8');
  const cases = [...text.matchAll(/^import '(\.\/[\w-]+\.cases\.ts)';$/gm)];
  return [text, ...cases.map(([, path = '']) => readFileSync(join(dirname(file), path), 'utf8'))].join('\n');
}
