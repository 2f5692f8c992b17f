import { expect, test } from '@jest/globals';
import { brokenLinks, commandsOf } from './read-docs.ts';

test('the commands of a page are those of its sh blocks, continued lines joined', () => {
  const page =
    'x\n```sh\nnpm test\n# a word\ncurl a \\\n  -d b\n```\n```\nnpm start\n```\n```yaml\na: 1\n```\n';
  expect(commandsOf(page)).toEqual(['npm test', 'curl a \\\n  -d b']);
});

test('a link that leads to no file or no heading is named', () => {
  const links =
    '[a](architecture.md) [b](architecture.md#permissions) [c](gone.md) [d](architecture.md#gone) [e](https://x.y)';
  expect(brokenLinks('docs/page.md', links)).toEqual([
    'docs/page.md: gone.md leads nowhere',
    'docs/page.md: architecture.md#gone leads nowhere',
  ]);
});
