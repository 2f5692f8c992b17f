import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { noteSignerFromSeed, sampleExport } from '#ledger';
import { auditVerify, registerAuditVerify } from './verify.ts';

const signer = noteSignerFromSeed('sallyport.example/ledger', Buffer.alloc(32, 1));
let folder: string;
let lines: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-verify-'));
  lines = await sampleExport({ entries: 60, seed: 1, signer, origin: signer.name });
  await writeFile(join(folder, 'good.ndjson'), lines.join(''));
  await writeFile(join(folder, 'good.ndjson.gz'), gzipSync(lines.join('')));
  await writeFile(
    join(folder, 'bad.ndjson'),
    lines.join('').replace('"messageId":"m-44"', '"messageId":"m-45"'),
  );
  await writeFile(join(folder, 'keys.txt'), `${signer.publicKey}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function verify(file: string, flags: Partial<Parameters<typeof auditVerify>[1]> = {}) {
  const printed: string[] = [];
  const all = { key: [signer.publicKey], anchor: [], ...flags };
  const code = await auditVerify(join(folder, file), all, (text) => printed.push(text));
  return { code, text: printed.join('\n') };
}

describe('sallyport audit verify', () => {
  test('exits with 0 for an intact export, with the key as text or as a file, gzipped or not', async () => {
    expect(await verify('good.ndjson')).toMatchObject({ code: 0, text: expect.stringMatching(/\nINTACT$/) });
    expect(await verify('good.ndjson.gz', { key: [join(folder, 'keys.txt')] })).toMatchObject({ code: 0 });
  });

  test('exits with 1 and names the first bad entry', async () => {
    const { code, text } = await verify('bad.ndjson');
    expect(code).toBe(1);
    expect(text).toMatch(/first bad +entry 44, sequence 9 of EVENTS-2, line \d+: .*\(entry\.changed\)/);
  });

  test('prints the whole report as JSON', async () => {
    const { text } = await verify('bad.ndjson', { json: true });
    expect(JSON.parse(text)).toMatchObject({
      isIntact: false,
      firstBad: { code: 'entry.changed', index: 44, sequence: 9, logId: 'EVENTS-2' },
    });
  });

  test('exits with 2 where it cannot check: no file, no key, a wrong key file, a broken archive', async () => {
    expect((await verify('none.ndjson')).code).toBe(2);
    expect((await verify('good.ndjson', { key: [] })).code).toBe(2);
    expect((await verify('good.ndjson', { key: [join(folder, 'bad.ndjson')] })).code).toBe(2);
    expect(
      (await verify('good.ndjson', { key: [signer.publicKey.replace('example', 'exampel')] })).code,
    ).toBe(2);
    await writeFile(join(folder, 'broken.gz'), gzipSync(lines.join('')).subarray(0, 500));
    expect((await verify('broken.gz')).code).toBe(2);
  });

  test('is a command that repeats its keys and sets the exit code', async () => {
    const program = new Command();
    registerAuditVerify(program.command('audit'));
    const other = noteSignerFromSeed('other', Buffer.alloc(32, 2)).publicKey;
    const args = [
      'audit',
      'verify',
      join(folder, 'bad.ndjson'),
      '--key',
      other,
      '--key',
      signer.publicKey,
      '--json',
    ];
    const before = process.exitCode;
    await program.parseAsync(args, { from: 'user' });
    expect(process.exitCode).toBe(1);
    process.exitCode = before;
  });
});
