import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with Sallyport's package.json, found from this file upwards (works from sources and from dist). */
export function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sallyport') return dir;
    const parent = dirname(dir);
    if (parent === dir) throw new Error('package.json of sallyport not found above this file');
    dir = parent;
  }
}

/** Where fetched programs are kept between starts: `.sallyport/runtime` of this checkout. */
export function defaultRuntimeDir(): string {
  return join(packageRoot(), '.sallyport', 'runtime');
}
