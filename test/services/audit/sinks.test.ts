import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SinkList } from '#contracts';
import { verifyExport } from '#ledger';
import { eventually } from '#testing';
import { type AuditWorld, activate, Play, startAuditWorld } from './audit-world.ts';

interface Sent {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that keeps what it is sent, and refuses while it is told to. */
class Receiver {
  readonly taken: Sent[] = [];
  readonly refused: Sent[] = [];
  refusing = false;
  private readonly server: Server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    (this.refusing ? this.refused : this.taken).push({
      headers: request.headers,
      body: body.toString('utf8'),
    });
    response.writeHead(this.refusing ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let audit: AuditWorld;
let yaml: string;
const [archive, collector] = [new Receiver(), new Receiver()];

beforeAll(async () => {
  audit = await startAuditWorld();
  yaml = await readFile(audit.world.configFile, 'utf8');
  await audit.world.startServices(['audit']);
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
  archive.refusing = true;
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
  archive.refusing = false;
  await audit.world.startService('audit');
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

test('a sink that is taken out is sent nothing more; others may not see where copies go', async () => {
  await activate(audit, yaml, 'r3');
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
