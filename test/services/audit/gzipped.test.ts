import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { gzipped } from '../../../services/audit/sinks/sink.ts';

describe('a piece on its way to a sink', () => {
  test('has its lines', async () => {
    const lines = async function* () {
      yield* ['a\n', 'b\n'];
    };
    expect(gunzipSync(await buffer(gzipped({ lines }))).toString()).toBe('a\nb\n');
  });

  test('whose lines break off fails whoever sends it, and nothing else', async () => {
    const lines = async function* () {
      yield 'a\n';
      throw new Error('postgres is away');
    };
    await expect(buffer(gzipped({ lines }))).rejects.toThrow('postgres is away');
  });

  test('that is given up reads no further lines', async () => {
    let ended = false;
    const lines = async function* () {
      try {
        for (;;) yield `${Math.random()}`.repeat(1000);
      } finally {
        ended = true;
      }
    };
    const stream = gzipped({ lines });
    await once(stream, 'readable');
    stream.destroy();
    await new Promise<void>((resolve) => {
      const look = () => (ended ? resolve() : setImmediate(look));
      look();
    });
    expect(ended).toBe(true);
  });
});
