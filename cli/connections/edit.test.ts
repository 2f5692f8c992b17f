import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { createProgram } from '../main.ts';
import { addConnection, lineDiff, removeConnection } from './edit.ts';

const text = `# On top.
version: 1
connections:
  # About all of them.
  one:
    baseUrl: http://one # its address
    models: [a, b]

  # About two.
  two: { baseUrl: "http://two" }

# About rules.
rules:
  - { name: all, effect: allow }
`;
const textOf = (edit: ReturnType<typeof addConnection>): string =>
  edit.kind === 'edited' ? edit.text : `refused: ${edit.why}`;

describe('adding a connection', () => {
  test('changes nothing else, not even white space', () => {
    const added = textOf(addConnection(text, 'three', { baseUrl: 'http://three', models: ['m'] }));
    const block = '  three:\n    baseUrl: http://three\n    models:\n      - m\n';
    expect(added.replace(block, '')).toBe(text);
    expect(
      lineDiff(text, added)
        .split('\n')
        .filter((line) => line.startsWith('-')),
    ).toEqual([]);
    expect(parse(added).connections.three).toEqual({ baseUrl: 'http://three', models: ['m'] });
  });

  test('works where there are none yet, in any layout', () => {
    for (const empty of [
      'version: 1\n',
      'version: 1\nconnections: {}\n',
      'version: 1\nconnections: { x: { baseUrl: "http://x" } }',
    ]) {
      const added = parse(textOf(addConnection(empty, 'new', { baseUrl: 'http://n' })));
      expect(added.connections.new).toEqual({ baseUrl: 'http://n' });
      expect(added.version).toBe(1);
    }
  });

  test('of a name that is taken is refused', () => {
    expect(textOf(addConnection(text, 'two', {}))).toContain('already');
  });
});

describe('removing a connection', () => {
  test('takes its own comment along and leaves the others', () => {
    expect(textOf(removeConnection(text, 'two'))).toBe(
      text.replace('  # About two.\n  two: { baseUrl: "http://two" }\n', ''),
    );
    const without = textOf(removeConnection(text, 'one'));
    expect(without).toContain('# About all of them.');
    expect(without).toContain('# About two.');
    expect(Object.keys(parse(without).connections)).toEqual(['two']);
  });

  test('that is not there is refused', () => {
    expect(textOf(removeConnection(text, 'three'))).toContain('no connection three');
  });

  test('after adding it gives the text from before', () => {
    const name = fc.stringMatching(/^[a-z]{3,9}x$/);
    fc.assert(
      fc.property(
        name,
        fc.webUrl(),
        fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 4 }),
        (added, baseUrl, models) => {
          const once = textOf(addConnection(text, added, { baseUrl, models }));
          expect(parse(once).connections[added]).toEqual({ baseUrl, models });
          expect(textOf(removeConnection(once, added))).toBe(text);
        },
      ),
      { numRuns: process.env.LONG === '1' ? 1000 : 25 },
    );
  });
});

describe('the command', () => {
  const reference = (name: string) => `\${${name}}`;
  let dir: string;
  let file: string;
  let out: string;
  let problems: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sallyport-connections-'));
    file = join(dir, 'sallyport.yaml');
    await writeFile(file, await readFile('sallyport.yaml'));
    out = '';
    problems = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      out += String(chunk);
      return true;
    });
    jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      problems += String(chunk);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.exitCode = 0;
    await rm(dir, { recursive: true });
  });
  const run = async (...args: string[]) => {
    const program = await createProgram('connections');
    return program.parseAsync(['node', 'sallyport', 'connections', ...args, '--config', file]);
  };
  const added = ['add', 'gpu', '--url', 'https://gpu.internal', '--model', 'llama', '--credential'];

  test('shows the difference and writes only when told to', async () => {
    const before = await readFile(file, 'utf8');
    const oauth = [
      ...added,
      'oauth2',
      '--token-url',
      'https://id/token',
      '--client-id',
      'g',
      '--secret',
      reference('env:S'),
    ];
    await run(...oauth);
    expect(out).toContain('+   gpu:');
    expect(out).toContain('Nothing is written.');
    expect(await readFile(file, 'utf8')).toBe(before);
    await run(...oauth, '--yes');
    const { connections } = parse(await readFile(file, 'utf8'));
    expect(connections.gpu).toMatchObject({
      models: ['llama'],
      credential: { kind: 'oauth2', clientId: 'g' },
    });
    await run('remove', 'gpu', '--yes');
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test.each([
    ['a secret in the clear', [...added, 'bearer', '--secret', 'sk-123'], 'never the secret itself'],
    [
      'a certificate without TLS',
      [
        'add',
        'x',
        '--url',
        'http://x',
        '--credential',
        'mtls',
        '--certificate',
        reference('file:c'),
        '--key',
        reference('file:k'),
      ],
      'https',
    ],
    ['a connection that rules name', ['remove', 'demo'], 'demo'],
  ])('refuses %s, and changes nothing', async (_, args, why) => {
    const before = await readFile(file, 'utf8');
    await run(...args, '--yes');
    expect(problems).toContain(why);
    expect(process.exitCode).toBe(2);
    expect(await readFile(file, 'utf8')).toBe(before);
  });
});
