import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactRange } from '../tree/compact-range.ts';
import { leafHash } from '../tree/hashing.ts';
import { readRuns } from '../tree/nodes.ts';
import { consistencyProof, rootAt } from '../tree/proofs.ts';
import { compareCheckpoints, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { noteSignerFromSeed, noteVerifier } from './keys.ts';
import { openNote, signNote } from './note.ts';
import { openTombstone, signTombstone } from './tombstone.ts';

const signer = noteSignerFromSeed('sallyport.example/ledger', Buffer.alloc(32, 1));
const next = noteSignerFromSeed('sallyport.example/ledger', Buffer.alloc(32, 2));
const verifier = noteVerifier(signer.publicKey);
const nextVerifier = noteVerifier(next.publicKey);
const checkpoint = { origin: 'sallyport.example/ledger', size: 7, root: Buffer.alloc(32, 9) };

/** The key pair and note of the tests of Go's golang.org/x/mod/sumdb/note. */
const go = {
  publicKey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  privateKey: Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64'),
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};

describe('signed notes', () => {
  test('are those of the Go reference: a note it signed opens here', () => {
    const opened = openNote(`${go.text}\n${go.signature}`, [noteVerifier(go.publicKey)]);
    expect(opened.text).toBe(go.text);
    expect(opened.signedBy.map((key) => key.name)).toEqual(['PeterNeumann']);
    const signer = noteSignerFromSeed('PeterNeumann', go.privateKey.subarray(1));
    expect(signer.publicKey).toBe(go.publicKey);
    expect(signNote(go.text, [signer])).toBe(`${go.text}\n${go.signature}`);
  });

  test('stay byte for byte what was fixed', () => {
    expect(signer.publicKey).toBe(
      'sallyport.example/ledger+14d7a31b+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c',
    );
    expect(signCheckpoint(checkpoint, [signer])).toBe(
      'sallyport.example/ledger\n7\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n— sallyport.example/ledger FNejG5E/uIu4Alt/s9/DSY9Uf6y2/X67+znV8uNTqkOTV/IPfY3Yxt/knHiTu0orT4pY4uuMqGrXM7ppdty3AYDRuwo=\n',
    );
  });

  test('open with either key while keys are rotated', () => {
    const note = signNote('text\n', [signer, next]);
    expect(openNote(note, [verifier]).signedBy).toEqual([verifier]);
    expect(openNote(note, [nextVerifier]).signedBy).toEqual([nextVerifier]);
    expect(openNote(note, [verifier, nextVerifier]).signedBy).toHaveLength(2);
  });

  test('are refused where no known key signed, or a known one signed something else', () => {
    const note = signNote('text\n', [next]);
    expect(() => openNote(note, [verifier])).toThrow(expect.objectContaining({ code: 'note.unsigned' }));
    const changed = signNote('text\n', [signer, next]).replace('text', 'test');
    expect(() => openNote(changed, [verifier])).toThrow(
      expect.objectContaining({ code: 'note.bad_signature' }),
    );
  });

  test('are refused where the same key name hides another key', () => {
    const note = signNote('text\n', [next]);
    const posing = Buffer.concat([
      signer.keyId,
      Buffer.from(note.slice(note.lastIndexOf(' ') + 1), 'base64').subarray(4),
    ]);
    const forged = `text\n\n— ${signer.name} ${posing.toString('base64')}\n`;
    expect(() => openNote(forged, [verifier])).toThrow(
      expect.objectContaining({ code: 'note.bad_signature' }),
    );
  });

  test('never open after any bit changed', () => {
    const note = Buffer.from(signCheckpoint(checkpoint, [signer]));
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] as number) ^ (1 << bit);
        expect(() => openCheckpoint(changed.toString('utf8'), [verifier])).toThrow();
      }),
      { numRuns: process.env.LONG === '1' ? 5000 : 300 },
    );
  });

  test('refuse texts and keys that the format cannot hold', () => {
    for (const text of ['', '\n', 'no newline', 'a\n\nb\n', 'tab\t\n', '\ud800\n']) {
      expect(() => signNote(text, [signer])).toThrow(RangeError);
    }
    expect(() => signNote('text\n', [])).toThrow(RangeError);
    expect(() => noteSignerFromSeed('two words', Buffer.alloc(32))).toThrow(RangeError);
    expect(() => noteSignerFromSeed('name', Buffer.alloc(31))).toThrow(RangeError);
    expect(() => noteVerifier(signer.publicKey.replace('example', 'exampel'))).toThrow(RangeError);
    expect(() => noteVerifier('')).toThrow(RangeError);
  });
});

describe('checkpoints', () => {
  test('come back as they were signed', () => {
    const opened = openCheckpoint(signCheckpoint(checkpoint, [signer]), [verifier]);
    expect({ ...opened, root: Buffer.from(opened.root) }).toEqual(checkpoint);
  });

  test('are refused where a signed text is no checkpoint', () => {
    const root = Buffer.alloc(32).toString('base64');
    for (const text of [
      'o\n',
      `o\n07\n${root}\n`,
      `o\n-1\n${root}\n`,
      `o\n1\nAAAA\n`,
      `o\n9007199254740993\n${root}\n`,
    ]) {
      expect(() => openCheckpoint(signNote(text, [signer]), [verifier])).toThrow(
        expect.objectContaining({ code: 'note.malformed' }),
      );
    }
    const stone = signTombstone(
      { origin: 'o', scope: 'content', from: 0, to: 1, dropped: 1, atMs: 0, reason: 'r' },
      [signer],
    );
    expect(() => openCheckpoint(stone, [verifier])).toThrow(
      expect.objectContaining({ code: 'note.malformed' }),
    );
  });

  test('of one log are consistent, those of a fork are not', async () => {
    const range = new CompactRange();
    const leaves = Array.from({ length: 12 }, (_, i) => leafHash(Buffer.from([i])));
    const reader = readRuns(range.appendAll(Buffer.concat(leaves)));
    const at = async (size: number) => ({ origin: 'o', size, root: await rootAt(size, reader) });
    const [older, newer, proof] = [await at(5), await at(12), await consistencyProof(5, 12, reader)];
    expect(compareCheckpoints(older, newer, proof)).toBe('consistent');
    expect(compareCheckpoints({ ...older, root: Buffer.alloc(32) }, newer, proof)).toBe('forked');
    expect(compareCheckpoints(older, { ...newer, origin: 'p' }, proof)).toBe('another_log');
    expect(compareCheckpoints(newer, { ...newer, root: Buffer.alloc(32) }, [])).toBe('forked');
  });
});

describe('tombstones', () => {
  const tombstone = {
    origin: 'sallyport.example/ledger',
    scope: 'entries' as const,
    from: 10,
    to: 20,
    dropped: 10,
    atMs: 1_790_000_000_000,
    reason: 'metadata after 180 days',
  };

  test('come back as they were signed', () => {
    expect(openTombstone(signTombstone(tombstone, [signer]), [verifier])).toEqual(tombstone);
  });

  test('are refused unsigned, malformed or where the signed text is something else', () => {
    expect(() => openTombstone(signTombstone(tombstone, [next]), [verifier])).toThrow(
      expect.objectContaining({ code: 'note.unsigned' }),
    );
    expect(() => openTombstone(signCheckpoint(checkpoint, [signer]), [verifier])).toThrow(
      expect.objectContaining({ code: 'note.malformed' }),
    );
    expect(() => signTombstone({ ...tombstone, to: 10 }, [signer])).toThrow(RangeError);
    expect(() => signTombstone({ ...tombstone, dropped: 11 }, [signer])).toThrow(RangeError);
    expect(() => signTombstone({ ...tombstone, reason: 'two\nlines' }, [signer])).toThrow(RangeError);
  });
});
