import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findMarkers } from './find-markers.ts';

const marker = 'MARKsomethingPrivate1234';
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-markers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test.each([
  ['text', Buffer.from(`before ${marker} after`)],
  ['utf-16', Buffer.from(marker, 'utf16le')],
  ['hex', Buffer.from(Buffer.from(`x${marker}`).toString('hex'))],
  ['base64', Buffer.from(Buffer.from(`{"content":"${marker}"}`).toString('base64'))],
  ['base64', Buffer.from(Buffer.from(`.${marker}.`).toString('base64'))],
  ['base64', Buffer.from(Buffer.from(`..${marker}..`).toString('base64'))],
  ['text', Buffer.concat([Buffer.alloc(4 * 1024 * 1024 - 7), Buffer.from(marker)])],
])('a marker is found as %s', async (form, bytes) => {
  const file = join(dir, 'file');
  await writeFile(file, bytes);
  const { hits } = await findMarkers(dir, ['MARKanother', marker]);
  expect(hits).toEqual([{ file, form: expect.stringContaining(form), marker }]);
});

test('a marker is found in a compressed file', async () => {
  await rm(join(dir, 'file'), { force: true });
  const file = join(dir, 'file.gz');
  await writeFile(file, gzipSync(Buffer.from(`before ${marker} after`)));
  const { hits } = await findMarkers(dir, [marker]);
  await rm(file);
  expect(hits).toEqual([{ file, form: 'text', marker }]);
});

test('what is not there is not found', async () => {
  const file = join(dir, 'file');
  await writeFile(file, Buffer.from(marker.toLowerCase()));
  const read = [{ file, bytes: marker.length }];
  expect(await findMarkers(dir, [marker])).toEqual({ files: 1, bytes: marker.length, read, hits: [] });
});
