import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);

test('who stops following on the page, before or after it began, stops following in the API and harms nobody', async () => {
  const loader = join(process.cwd(), 'libs/testing/source-loader.mjs');
  const script = join(process.cwd(), 'test/console/follow-feed.ts');
  const { stdout } = await run(process.execPath, ['--import', loader, script], { timeout: 50_000 });
  expect(stdout).toBe('following 1\nfollowing 0\nfollowing 0\n');
});
