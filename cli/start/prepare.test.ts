import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { packageRoot, StartProblem } from '#embedded';

type Prepare = { dependenciesFit(dir: string): boolean; buildFits(dir: string): boolean };

let dir: string;
let prepare: Prepare;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-prepare-'));
  await mkdir(join(dir, 'node_modules'));
  prepare = (await import(join(packageRoot(), 'bin', 'prepare.mjs'))) as Prepare;
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function lists(wanted: object, present: object): Promise<void> {
  await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  await writeFile(join(dir, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: present }));
}

describe('dependencies are installed anew', () => {
  const zod = { 'node_modules/zod': { version: '4.0.0' } };

  test('where nothing is installed', async () => {
    await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ packages: zod }));
    expect(prepare.dependenciesFit(dir)).toBe(false);
  });

  test('where one has another version or is missing', async () => {
    await lists(zod, { 'node_modules/zod': { version: '3.9.0' } });
    expect(prepare.dependenciesFit(dir)).toBe(false);
    await lists(zod, {});
    expect(prepare.dependenciesFit(dir)).toBe(false);
  });

  test('but not for another platform’s optional ones', async () => {
    await lists({ '': {}, ...zod, 'node_modules/other-os': { version: '1.0.0', optional: true } }, zod);
    expect(prepare.dependenciesFit(dir)).toBe(true);
  });
});

describe('the build is made anew', () => {
  test('where there is none, and where a source is newer, tests apart', async () => {
    await mkdir(join(dir, 'libs', 'a'), { recursive: true });
    await writeFile(join(dir, 'libs', 'a', 'one.ts'), '');
    expect(prepare.buildFits(dir)).toBe(false);
    await mkdir(join(dir, 'dist'));
    await writeFile(join(dir, 'dist', '.built'), '');
    const old = new Date(Date.now() - 60_000);
    await utimes(join(dir, 'libs', 'a', 'one.ts'), old, old);
    expect(prepare.buildFits(dir)).toBe(true);
    await writeFile(join(dir, 'libs', 'a', 'one.test.ts'), '');
    expect(prepare.buildFits(dir)).toBe(true);
    const soon = new Date(Date.now() + 60_000);
    await utimes(join(dir, 'libs', 'a', 'one.ts'), soon, soon);
    expect(prepare.buildFits(dir)).toBe(false);
  });
});

test('a problem is told in one line with its remedy', () => {
  const line = new StartProblem('embedded.no_network', 'No network', 'connect it').line();
  expect(line).toBe('No network → connect it');
});
