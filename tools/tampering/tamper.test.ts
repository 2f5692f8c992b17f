import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { noteSignerFromSeed, sampleExport, verifyExport } from '#ledger';
import { attacks } from './export-attacks.ts';
import { drill, readTarget } from './tamper.ts';

const rounds = process.env.LONG === '1' ? 100 : 4;
const n = rounds * Object.keys(attacks).length;

describe('the tampering drill', () => {
  test('is found every time, attack by attack, in a sample', async () => {
    const { tallies, missed } = await drill(await readTarget(undefined, [], 7), n, 7);
    expect(missed).toEqual([]);
    expect(tallies).toEqual(Object.keys(attacks).map((attack) => ({ attack, tried: rounds, found: rounds })));
  });

  test('is found every time in an export from elsewhere, which must be intact first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tamper-'));
    try {
      const signer = noteSignerFromSeed('ledger.example', Buffer.alloc(32, 5));
      const lines = await sampleExport({ entries: 90, seed: 3, signer, origin: 'ledger.example' });
      await writeFile(join(folder, 'good'), lines.join(''));
      await writeFile(join(folder, 'bad'), lines.slice(1).join(''));
      const { missed } = await drill(await readTarget(join(folder, 'good'), [signer.publicKey], 1), n, 1);
      expect(missed).toEqual([]);
      await expect(readTarget(join(folder, 'bad'), [signer.publicKey], 1)).rejects.toThrow('not intact');
      await expect(readTarget(join(folder, 'good'), [], 1)).rejects.toThrow('--key');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('counts what is missed: without a checkpoint from outside, a history rewritten with the right key', async () => {
    const nearSighted: typeof verifyExport = (chunks, keys) => verifyExport(chunks, keys);
    const { tallies } = await drill(await readTarget(undefined, [], 7), n * 3, 7, nearSighted);
    const missed = tallies.filter((tally) => tally.found < tally.tried).map((tally) => tally.attack);
    expect(missed).toEqual(['forked tree']);
  });
});
