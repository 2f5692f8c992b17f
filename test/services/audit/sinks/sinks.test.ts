import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SinkList } from '#contracts';
import { verifyExport } from '#ledger';
import { eventually } from '#testing';
import { gzipped } from '../../../../services/audit/sinks/sink.ts';
import { type AuditWorld, activate, Play, startAuditWorld } from '../audit-world.ts';
import { Receiver } from './receiver.ts';

let audit: AuditWorld;
let yaml: string;
const [archive, collector, bucket] = [new Receiver(), new Receiver(), new Receiver()];
/** So that a sink that says nothing is found out soon. */
const environment = { AUDIT_SINK_ANSWER_SECONDS: '2' };

beforeAll(async () => {
  audit = await startAuditWorld();
  yaml = await readFile(audit.world.configFile, 'utf8');
  await audit.world.startService('audit', environment);
  const sinks = [
    { name: 'disk', kind: 'files', directory: 'ledger', every: '1s', maxEntries: 3 },
    { name: 'archive', kind: 'https', url: `${await archive.listen()}/take`, every: '1s', personal: true },
    { name: 'logs', kind: 'otlp', url: `${await collector.listen()}/v1/logs`, every: '1s', maxEntries: 4 },
  ];
  await activate(audit, `${yaml}\nsinks: ${JSON.stringify(sinks)}\n`, 'r2');
}, 120_000);
afterAll(async () => {
  await audit.stop();
  archive.close();
  collector.close();
  bucket.close();
});

const sinks = async (): Promise<SinkList['items']> => (await audit.call('erin', '/v1/sinks')).body.items;
const size = async (): Promise<number> => (await audit.call('alice', '/v1/gaps')).body.size;

/** Waits until a sink has everything that is recorded. */
const caughtUp = (name: string) =>
  eventually(
    async () => {
      const state = (await sinks()).find((sink) => sink.name === name);
      expect(state).toMatchObject({ next: await size(), behind: 0, failure: null });
    },
    { timeoutMs: 60_000 },
  );

async function play(user: string, prompts: readonly string[]): Promise<void> {
  for (const prompt of prompts) await new Play(audit, user, prompt).allowed();
}

async function verified(text: string) {
  const { body } = await audit.call(null, '/v1/key');
  return verifyExport(
    (async function* () {
      yield Buffer.from(text);
    })(),
    [body.key],
  );
}

/** The stretches `[from, to)`, put together: they must begin at 0 and leave nothing out. */
function covered(stretches: readonly (readonly [number, number])[]): number {
  return stretches.reduce((end, [from, to]) => (from <= end ? Math.max(end, to) : Number.NaN), 0);
}

const stretchIn = (name: string): [number, number] => {
  const [, from, to] = /^ledger-(\d+)-(\d+)\./.exec(name) ?? [];
  return [Number(from), Number(to)];
};

test('each sink gets every entry in order, in pieces that verify by themselves, also across kill -9 and refusals', async () => {
  archive.manner = 'refusing';
  await play('carol', ['one', 'two']);
  await caughtUp('disk');
  await caughtUp('logs');
  const refusing = await eventually(async () => {
    const state = (await sinks()).find(({ name }) => name === 'archive');
    expect(state).toMatchObject({ next: 0, failure: 'answered 503' });
    return state;
  });
  expect(refusing?.behind).toBeGreaterThan(0);

  await audit.world.service('audit').kill();
  await play('dave', ['three', 'four']);
  archive.manner = 'taking';
  await audit.world.startService('audit', environment);
  for (const name of ['disk', 'archive', 'logs']) await caughtUp(name);

  const total = await size();
  const directory = join(audit.world.dir, 'sinks', 'ledger');
  const names = (await readdir(directory)).sort();
  expect(names.filter((name) => !name.endsWith('.ndjson.gz'))).toEqual([]);
  expect(covered(names.map(stretchIn))).toBe(total);
  for (const name of names) {
    const text = gunzipSync(await readFile(join(directory, name))).toString('utf8');
    expect((await verified(text)).problems).toEqual([]);
    expect(text).not.toMatch(/carol|dave@|example\.com/);
  }

  const keys = archive.taken.map(({ headers }) => String(headers['idempotency-key']));
  expect(covered(keys.map(stretchIn))).toBe(total);
  expect(archive.refused.map(({ headers }) => stretchIn(String(headers['idempotency-key']))[0])).toContain(0);
  for (const { body } of archive.taken) expect((await verified(body)).problems).toEqual([]);
  expect(archive.taken.map(({ body }) => body).join('')).toContain('carol');

  const records = collector.taken.flatMap(
    ({ body }) => JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords,
  );
  const indexes = records.map((record) => Number(attribute(record, 'sallyport.entry.index')?.intValue));
  expect(covered(indexes.map((index) => [index, index + 1] as const))).toBe(total);
  expect(records.map((record) => attribute(record, 'event.name')?.stringValue)).toContain(
    'request.completed',
  );
}, 180_000);

test('sinks that accept and never answer hold up neither the ledger nor other sinks, show how much they lack, and go on once they answer', async () => {
  const secrets = audit.world.secrets.dirOf('audit');
  await writeFile(join(secrets, 's3-key'), 'none', { mode: 0o600 });
  const [key, endpoint] = ['$' + '{file:s3-key}', await bucket.listen()];
  const silent = [
    { name: 'archive', kind: 'https', url: `${archive.url}/take`, every: '1s' },
    { name: 'logs', kind: 'otlp', url: `${collector.url}/v1/logs`, every: '1s' },
    {
      name: 'vault',
      kind: 's3',
      bucket: 'copies',
      endpoint,
      accessKeyId: key,
      secretAccessKey: key,
      every: '1s',
    },
  ];
  const disk = { name: 'disk', kind: 'files', directory: 'ledger', every: '1s', maxEntries: 3 };
  for (const receiver of [archive, collector, bucket]) receiver.manner = 'silent';
  await activate(audit, `${yaml}\nsinks: ${JSON.stringify([...silent, disk])}\n`, 'r3');
  const before = await size();
  await play('carol', ['six', 'seven']);
  await eventually(async () => expect(await size()).toBeGreaterThanOrEqual(before + 6));
  for (const { name } of silent) {
    await eventually(
      async () => {
        const state = (await sinks()).find((sink) => sink.name === name);
        expect(state).toMatchObject({ behind: expect.any(Number), failure: expect.any(String) });
        expect(state?.behind).toBeGreaterThanOrEqual(6);
      },
      { timeoutMs: 60_000 },
    );
  }
  await play('dave', ['eight']);
  await caughtUp('disk');
  for (const receiver of [archive, collector, bucket]) {
    expect(receiver.unanswered).toBeGreaterThan(0);
    receiver.manner = 'taking';
  }
  for (const { name } of silent) await caughtUp(name);
  const stretches = bucket.taken.map(({ path }) => stretchIn(path.slice(path.lastIndexOf('/') + 1)));
  expect(covered(stretches)).toBe(await size());
}, 240_000);

test('a sink that is taken out is sent nothing more; others may not see where copies go', async () => {
  await activate(audit, yaml, 'r4');
  await eventually(async () => expect(await sinks()).toEqual([]));
  const before = archive.taken.length;
  const recorded = await size();
  await play('dave', ['five']);
  await eventually(async () => expect(await size()).toBeGreaterThan(recorded));
  expect(archive.taken).toHaveLength(before);
  expect((await audit.call('carol', '/v1/sinks')).status).toBe(403);
}, 60_000);

// biome-ignore lint/suspicious/noExplicitAny: what an OTLP receiver reads.
function attribute(record: any, key: string): { stringValue?: string; intValue?: string } | undefined {
  return record.attributes.find((one: { key: string }) => one.key === key)?.value;
}

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
