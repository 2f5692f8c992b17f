import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { registerConfig } from './config.ts';
import { explainFile, registerPolicy, testFolder } from './policy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const flags = {
  policy: 'sallyport.yaml',
  user: 'carol',
  group: ['contractors'],
  path: '/v1/chat/completions',
};

async function explained(path: string, more: Partial<typeof flags> & { json?: boolean } = {}) {
  const printed: string[] = [];
  const code = await explainFile(path, { ...flags, ...more }, (text) => printed.push(text));
  return { code, text: printed.join('\n') };
}

test('policy explain names every rule of a request body and why', async () => {
  const body = await file(
    'body.json',
    '{"model":"demo","messages":[{"role":"user","content":"my p4ssw0rd"}]}',
  );
  const { code, text } = await explained(body);
  expect(code).toBe(0);
  expect(text).toMatch(/^hold on demo: /);
  expect(text).toMatch(/contractors-sensitive-words +applied +keyword "password"/);
  expect(text).toMatch(/at \/messages\/0\/content 3–11, decoded as leetspeak/);
  expect(text).toContain('waits for 1 of security');
  const other = await explained(body, { group: ['platform'], json: true });
  expect(JSON.parse(other.text)).toMatchObject({
    decision: { effect: 'allow' },
    rules: [{ outcome: 'not matched' }, { outcome: 'applied' }],
  });
});

test('policy explain looks at the address too, and at answers that only the server knows', async () => {
  const hello = await file('hello.json', '{"model":"demo","messages":[{"role":"user","content":"hello"}]}');
  expect((await explained(hello)).text).toMatch(/^allow/);
  const { text } = await explained(hello, { path: '/v1/chat/completions?note=password' });
  expect(text).toMatch(/^hold on demo: /);
  expect(text).toContain('at /:url 5–13');
  const policy = await file(
    'responses.yaml',
    (await readFile('sallyport.yaml', 'utf8')).replace(
      '    models: [demo]',
      '    protocols: [openai-responses]\n    models: [demo]',
    ),
  );
  const later = await file('later.json', '{"model":"demo","input":"go on","conversation":"c-1"}');
  expect((await explained(later, { policy, path: '/v1/responses' })).text).toContain(
    'unreadable earlier_answer at /conversation',
  );
});

test('policy explain reads cases, and refuses what the gateway refuses', async () => {
  const one = await file('case.yaml', 'given: { user: { groups: [contractors] }, prompt: the API key }');
  expect((await explained(one)).text).toMatch(/^hold/);
  const twice = await file('twice.json', '{"model":"demo","model":"x","messages":[]}');
  expect(await explained(twice)).toMatchObject({
    code: 2,
    text: expect.stringContaining('request.ambiguous_key'),
  });
  expect((await explained(join(folder, 'none'))).code).toBe(2);
  expect((await explained(one, { policy: join(folder, 'none.yaml') })).code).toBe(2);
  expect((await explained(twice, { path: '/nowhere' })).code).toBe(2);
});

async function tested(name: string, want: string) {
  await file('policy.yaml', await readFile('sallyport.yaml', 'utf8'));
  const path = await file(
    name,
    `policy: policy.yaml\ncases:\n  - name: a <b> & "c"\n    given: { user: { groups: [platform] }, prompt: hi }\n    want: ${want}\n`,
  );
  const printed: string[] = [];
  const junit = join(folder, 'junit.xml');
  const code = await testFolder(path, { junit }, (text) => printed.push(text));
  return { code, text: printed.join('\n'), xml: await readFile(junit, 'utf8').catch(() => '') };
}

test('policy test exits with 0 where every case holds, and names rules that no case reaches', async () => {
  const { code, text } = await tested('good.yaml', '{ effect: allow }');
  expect(code).toBe(0);
  expect(text).toContain('1 of 1 cases hold');
  expect(text).toContain('rules that no case reaches: contractors-sensitive-words');
});

test('policy test exits with 1 and says what was found instead, in JUnit too', async () => {
  const { code, text, xml } = await tested('bad.yaml', '{ effect: hold, rules: [x] }');
  expect(code).toBe(1);
  expect(text).toContain('effect: wanted "hold", found "allow"');
  expect(xml).toContain('failures="1"');
  expect(xml).toContain('name="a &lt;b&gt; &amp; &quot;c&quot;"');
});

test('policy test exits with 2 where cases or policy cannot be read', async () => {
  const silent = () => {};
  expect(await testFolder(join(folder, 'none'), {}, silent)).toBe(2);
  expect(await testFolder(await file('odd.yaml', 'cases: 7'), {}, silent)).toBe(2);
  expect(
    await testFolder(
      await file(
        'gone.yaml',
        'policy: gone-policy.yaml\ncases: [{ name: a, given: {}, want: { effect: deny } }]',
      ),
      {},
      silent,
    ),
  ).toBe(2);
});

test('config check exits with 0 or 2', async () => {
  const before = process.exitCode;
  const run = async (...args: string[]) => {
    const program = new Command();
    registerConfig(program);
    registerPolicy(program);
    await program.parseAsync(args, { from: 'user' });
    return process.exitCode;
  };
  expect(await run('config', 'check')).toBe(0);
  expect(await run('config', 'check', await file('broken.yaml', 'version: 2'), '--json')).toBe(2);
  expect(await run('config', 'check', join(folder, 'none'))).toBe(2);
  process.exitCode = before;
});
