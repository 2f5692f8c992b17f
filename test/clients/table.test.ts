import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packageRoot } from '#embedded';
import { checks } from './table/checks.ts';
import { libraries } from './table/libraries.ts';
import { runChecks, sectionOf } from './table/page.ts';

const tried = ['allowed', 'held stream → approved', 'held → rejected'];

test('what docs/clients.md says of each library is what happens', async () => {
  const cells = await runChecks(checks.filter(({ title }) => tried.includes(title)));
  expect(cells.filter(({ passed }) => !passed)).toEqual([]);
  expect(cells).toHaveLength(libraries().length * tried.length);
  const page = readFileSync(join(packageRoot(), 'docs', 'clients.md'), 'utf8');
  for (const { library, check, text } of cells) {
    expect(sectionOf(page, library)).toContain(`| ${check} | ${text} |`);
  }
}, 120_000);
