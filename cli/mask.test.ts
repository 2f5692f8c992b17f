import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type MaskOptions, runMask } from './mask.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mask-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function run(options: MaskOptions, ...chunks: string[]) {
  const out: string[] = [];
  const warnings: string[] = [];
  async function* input() {
    yield* chunks;
  }
  const code = await runMask(
    options,
    input(),
    async (text) => {
      out.push(text);
    },
    (line) => warnings.push(line),
  );
  return { code, out, text: out.join(''), warnings };
}

test('text comes out masked, and early text comes out early', async () => {
  const { out, text, code } = await run({}, 'write to jane@exa', 'mple.com now. ', 'bye');
  expect(out[0]).toBe('write to ');
  expect(text).toMatch(/^write to \[EMAIL_ADDRESS_\w+\] now\. bye$/);
  expect(code).toBe(0);
});

test('--jsonl --spans prints one line of spans for each line of text', async () => {
  const { text } = await run({ jsonl: true, spans: true }, '{"text":"ip 10.1.2.', '3"}\n{"text":"none"}\n');
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { spans: [{ start: 3, end: 11, entity: 'IP_ADDRESS', score: 1, rule: 'ipv4' }] },
    { spans: [] },
  ]);
});

test('a profile with names masks people and addresses, also where the input is cut within them', async () => {
  const profile = join(directory, 'names.yaml');
  await writeFile(profile, 'names: standard\nallow: { exact: [Ada Lovelace] }\n');
  const cut = [
    'My name is Jane Mil',
    'ler, I live at 12 Oak Str',
    'eet, Springfield, IL 62704. Ada Lovelace wrote it.',
  ];
  const { text } = await run({ profile }, ...cut);
  expect(text).toMatch(/^My name is \[PERSON_\w+\], I live at \[ADDRESS_\w+\]\. Ada Lovelace wrote it\.$/);
  expect((await run({}, ...cut)).text).toBe(cut.join(''));
  const tried = (await run({ names: 'standard', try: true }, 'Ask Jane Miller.')).text;
  expect(tried).toMatch(/^kept +PERSON 0\.\d\d names 4-15 "Jane Miller"$/m);
});

test('--try tells why a candidate was dropped', async () => {
  const { text } = await run({ try: true }, 'pay 4111 1111 1111 1112');
  expect(text).toContain('check failed    CREDIT_CARD');
});

test('--vault and --restore give the text back', async () => {
  const vault = join(directory, 'vault.json');
  const source = 'jane@example.com paid with 4111 1111 1111 1111';
  const masked = await run({ vault }, source);
  expect(masked.text).not.toContain('jane');
  expect((await run({ restore: true, vault }, masked.text)).text).toBe(source);
  expect(JSON.parse(await readFile(vault, 'utf8'))).toEqual(
    expect.objectContaining({ [/\[EMAIL\w+\]/.exec(masked.text)![0]]: 'jane@example.com' }),
  );
});

test('a profile that blocks gives exit code 3 and none of the value', async () => {
  const profile = join(directory, 'profile.yaml');
  await writeFile(profile, 'entities: { CREDIT_CARD: { operator: block } }\n');
  const { code, text } = await run({ profile }, 'pay 4111 1111 1111 1111 now');
  expect(code).toBe(3);
  expect(text).toBe('pay ');
});

test('a wrong profile gives exit code 2 and says what is wrong', async () => {
  const profile = join(directory, 'wrong.yaml');
  await writeFile(profile, 'packs: [nowhere]\n');
  const { code, warnings } = await run({ profile }, 'x');
  expect(code).toBe(2);
  expect(warnings.join()).toContain('packs');
});

test('--packs all with a low threshold finds what the form alone hardly tells; an unknown pack is refused', async () => {
  const text = '{"text":"on file: 945456787"}\n';
  const entities = (line: string) =>
    (JSON.parse(line) as { spans: { entity: string }[] }).spans.map(({ entity }) => entity);
  const usual = await run({ jsonl: true, spans: true, packs: 'all' }, text);
  expect(entities(usual.text)).not.toContain('US_PASSPORT');
  const eager = await run({ jsonl: true, spans: true, packs: 'all', threshold: '0.05' }, text);
  expect(entities(eager.text)).toEqual(expect.arrayContaining(['US_PASSPORT', 'US_BANK_NUMBER']));
  expect((await run({ packs: 'mars' }, 'x')).code).toBe(2);
});

test('a malformed line gives exit code 2 and its number, and nothing of it is shown', async () => {
  const good = '{"text":"a"}\n\n';
  for (const bad of [
    '{"text":"jane@example.com"',
    'jane@example.com',
    '{"texts":"jane@example.com"}',
    '["jane"]',
  ]) {
    const { code, text, warnings } = await run({ jsonl: true }, `${good}${bad}\n`);
    expect(code).toBe(2);
    expect(text).toBe('{"text":"a"}\n');
    expect(warnings.join()).toMatch(/^line 3 /);
    expect(warnings.join()).not.toContain('jane');
  }
});

test('lines are read whole however the input is cut, with any line end, and other fields stay', async () => {
  const lines = '{"id":7,"text":"to jane@example.com"}\r\n{"text":"none"}';
  for (const size of [1, 3, 1_000]) {
    const chunks = lines.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
    const [first, second] = (await run({ jsonl: true }, ...chunks)).text.trim().split('\n');
    expect(JSON.parse(first!)).toEqual({ id: 7, text: expect.stringMatching(/^to \[EMAIL_ADDRESS_\w+\]$/) });
    expect(JSON.parse(second!)).toEqual({ text: 'none' });
  }
});

test('a long line in many small pieces is read once', async () => {
  const pieces = Array.from({ length: 20_000 }, () => ' '.repeat(40));
  const { code, text } = await run({ jsonl: true }, '{"text":"', ...pieces, '"}\n');
  expect(code).toBe(0);
  expect(text.length).toBe(800_012);
});

test('offsets are UTF-16 code units, also after characters that take two', async () => {
  const { text } = await run({ spans: true }, '😀😀 jane@example.com');
  expect(JSON.parse(text).spans).toMatchObject([{ start: 5, end: 21, entity: 'EMAIL_ADDRESS' }]);
});

test('--restore --jsonl gives back values that JSON has to escape', async () => {
  const vault = join(directory, 'lines.json');
  const source = { n: 1, text: 'postgres://app:p\\a9zzQ@db/x' };
  const masked = await run({ jsonl: true, vault }, JSON.stringify(source));
  expect(masked.text).toContain('[SECRET_');
  expect(JSON.parse((await run({ restore: true, jsonl: true, vault }, masked.text)).text)).toEqual(source);
  await writeFile(vault, '{"[SECRET_abcde]": "hunter2');
  const broken = await run({ restore: true, vault }, 'x');
  expect([broken.code, broken.warnings.join()]).toEqual([2, expect.not.stringContaining('hunter2')]);
});
