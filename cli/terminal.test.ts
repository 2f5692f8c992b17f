import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { jsonText, unseenAsText } from './terminal.ts';

const hostile = 'a\u001b[2J\u009b31m\u0007\u007f\r\u202e\u200b\u{e0041}é\tz\n';
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/;

test('what a terminal would obey or hide stands there by its number', () => {
  expect(unseenAsText(hostile)).not.toMatch(obeyed);
  expect(unseenAsText(hostile)).toContain('a⟨U+001B⟩[2J⟨U+009B⟩31m');
  expect(unseenAsText(unseenAsText(hostile))).toBe(unseenAsText(hostile));
});

test('printed JSON holds nothing that a terminal obeys, and says exactly the same', () => {
  for (const indent of [undefined, 2]) {
    const text = jsonText({ [hostile]: [hostile] }, indent);
    expect(text).not.toMatch(obeyed);
    expect(unseenAsText(text)).toBe(text);
    expect(JSON.parse(text)).toEqual({ [hostile]: [hostile] });
  }
});

/** Commands that write what nobody else wrote, or masked text for another program. */
const ownOutput = [
  'mask.ts',
  'token.ts',
  'start/start.ts',
  'start/screen.ts',
  'terminal.ts',
  'login/login.ts',
  'connections/change.ts',
];

test('no command prints past what makes text safe for a terminal', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const printing = files
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !ownOutput.includes(name))
    .filter((name) =>
      /process\.stdout\.write|console\.log/.test(readFileSync(join(import.meta.dirname, name), 'utf8')),
    );
  expect(printing).toEqual([]);
});
