import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { canonicalJson } from '#contracts';
import { loadPolicy } from '#rules';
import { verifyPolicy } from './verify-policy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a policy text is the one in force only where document and text both have the digest that the ledger names', async () => {
  const files = [{ name: 'sallyport.yaml', text: await readFile('sallyport.yaml', 'utf8') }];
  const loaded = loadPolicy(files);
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues));
  const { document } = loaded;
  const digest = createHash('sha256').update(canonicalJson(document)).digest('hex');
  const revisions = [{ revision: 'r1', digest, index: 7 }];
  const judged = async (stored: object) => {
    await writeFile(join(folder, 'r1.json'), JSON.stringify(stored));
    return verifyPolicy(folder, revisions);
  };
  const honest = { revision: 'r1', files, document };
  expect(await judged(honest)).toEqual([{ revision: 'r1', index: 7, fault: null }]);
  const faults = [
    { ...honest, document: { ...document, rules: [] } },
    { ...honest, files: [{ ...files[0], text: files[0]!.text.replace('API key', 'nothing') }] },
    { ...honest, files: [{ ...files[0], text: 'version: 9' }] },
    { ...honest, revision: 'r2' },
  ];
  for (const stored of faults) {
    expect((await judged(stored))[0]).toEqual({ revision: 'r1', index: 7, fault: expect.any(String) });
  }
  expect((await judged({ ...honest, revision: 'r2' }))[1]).toEqual({
    revision: 'r2',
    index: null,
    fault: null,
  });
});
