import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the comment above each event's definition says, by the event's name. */
export function eventTexts(root: string): Map<string, string> {
  const folder = path.join(root, 'libs/contracts/events');
  const texts = new Map<string, string>();
  const definition = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const \w+ = defineEvent\(\{\s*name: '([^']+)'/g;
  for (const file of readdirSync(folder)) {
    for (const [, comment = '', name = ''] of readFileSync(path.join(folder, file), 'utf8').matchAll(
      definition,
    )) {
      const lines = comment.split('\n').map((line) => line.replace(/^\s*\*?\s?/, '').trim());
      texts.set(name, lines.join(' ').trim());
    }
  }
  return texts;
}
