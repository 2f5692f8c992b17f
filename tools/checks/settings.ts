import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const page = 'docs/settings.md';
const declared = /^ {2}([A-Z][A-Z0-9_]+): /gm;

/** Variables of the services' environments that `docs/settings.md` does not name. */
export function findUndocumentedSettings(root: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...settingsOf(root)]
    .filter((name) => !text.includes(`\`${name}\``))
    .map((name) => `${page}: ${name} is not there`);
}

/** Every variable that a service's `config.ts` declares, or that all of them read. */
export function settingsOf(root: string): Set<string> {
  const services = readdirSync(path.join(root, 'services')).map((name) => `services/${name}/config.ts`);
  const files = ['libs/boot/settings.ts', ...services];
  const texts = files.map((file) => readFileSync(path.join(root, file), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(declared)].map(([, name]) => name ?? '')));
}
