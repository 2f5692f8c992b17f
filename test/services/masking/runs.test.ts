import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buckets, type RunEntry } from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { applyTopology, Bus } from '#messaging';
import { eventually } from '#testing';
import { type Claim, Runs } from '../../../services/masking/running/runs.ts';
import { RunsSeen } from '../../../services/masking/running/runs-seen.ts';

let dir: string;
let nats: NatsServer;
let bus: Bus;
const seen: RunsSeen[] = [];
const claims: Claim[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-runs-'));
  nats = await startNats({ dir, port: 0 });
  await applyTopology({ url: nats.url, user: 'topology', password: '' });
  bus = await Bus.connect({ url: nats.url, user: 'masking', password: '' });
});

afterEach(async () => {
  for (const claim of claims.splice(0)) await claim.finish();
  for (const each of seen.splice(0)) each.close();
});

afterAll(async () => {
  await bus.close();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A replica of masking that hears of runs from now on. */
async function replica(name: string): Promise<{ runs: Runs; heard: RunsSeen }> {
  const heard = new RunsSeen(bus);
  await heard.start(() => undefined);
  seen.push(heard);
  return { runs: new Runs(bus, name, heard), heard };
}

const lease = new AbortController().signal;
let keys = 0;

async function write(key: string, entry: Partial<RunEntry>): Promise<void> {
  const open: RunEntry = { state: 'open', attempt: 0, notAfter: Date.now() + 60_000 };
  await (await bus.bucket(buckets.runs)).put(key, JSON.stringify({ ...open, ...entry }));
}

/** Opens a run, and waits until the replicas have heard of it. */
async function opened(replicas: readonly { heard: RunsSeen }[]): Promise<string> {
  const key = `req-${++keys}.prompt.1`;
  await write(key, {});
  await eventually(() => {
    for (const { heard } of replicas) expect(heard.of(key)?.entry.state).toBe('open');
  });
  return key;
}

async function claimed(runs: Runs, key: string): Promise<string> {
  const result = await runs.claim(key, lease);
  if (result.kind === 'run') claims.push(result.claim);
  return result.kind;
}

describe('a run that was heard of', () => {
  test('is claimed by one of two replicas that both take it for open, and the other one waits', async () => {
    const [one, two] = [await replica('one'), await replica('two')];
    const key = await opened([one, two]);
    const giveUp = new AbortController();
    const tries = [one, two].map(async ({ runs }) => {
      const result = await runs.claim(key, giveUp.signal).catch(() => undefined);
      if (result?.kind === 'run') claims.push(result.claim);
      return result?.kind;
    });
    expect(await Promise.race(tries)).toBe('run');
    giveUp.abort();
    expect((await Promise.all(tries)).filter((kind) => kind === 'run')).toHaveLength(1);
  });

  test('is not run where approval took it back, whatever was heard before', async () => {
    const one = await replica('one');
    const key = await opened([one]);
    // It hears nothing any more, and still takes the run for open.
    one.heard.close();
    await write(key, { state: 'revoked' });
    expect(one.heard.of(key)?.entry.state).toBe('open');
    expect(await claimed(one.runs, key)).toBe('stop');
  });

  test('that was finished, or never opened, is not run', async () => {
    const one = await replica('one');
    const key = await opened([one]);
    expect(await claimed(one.runs, key)).toBe('run');
    await claims.pop()?.finish();
    expect(await claimed(one.runs, key)).toBe('stop');
    expect(await claimed(one.runs, 'req-unknown.prompt.1')).toBe('end');
  });

  test('is lost at once when it is stopped, with the reason', async () => {
    const one = await replica('one');
    const key = await opened([one]);
    const result = await one.runs.claim(key, lease);
    if (result.kind !== 'run') throw new Error(result.kind);
    claims.push(result.claim);
    const lost = new Promise((resolve) => result.claim.whenLost(resolve));
    const reason = Buffer.from('because').toString('base64');
    await write(key, { state: 'revoked', reason });
    expect(await lost).toBe('revoked');
    expect(Buffer.from(result.claim.reason ?? []).toString()).toBe('because');
  });

  test('is read where nothing was heard of it', async () => {
    const key = `req-${++keys}.prompt.1`;
    await write(key, {});
    const late = await replica('late');
    expect(late.heard.of(key)).toBeUndefined();
    expect(await claimed(late.runs, key)).toBe('run');
  });
});
