import { Agent } from 'node:http';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { GatewayKeyCreated } from '#contracts';
import { freePort } from '#embedded';
import { eventually, startProgram, startWorld, type World } from '#testing';
import { fire, percentile } from '../gateway/load.ts';
import { writeResult } from '../results.ts';
import { type FreezeTook, freezeOnce, startEndlessModel } from './freezing.ts';

const goalMs = 1000;
const pollMs = 5;

const policy = (issuer: string, upstream: string): string =>
  JSON.stringify({
    version: 1,
    roles: { admin: ['admin'], operator: ['platform'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: { demo: { baseUrl: upstream, models: ['demo'], concurrency: 64 } },
    rules: [{ name: 'everybody', effect: 'allow' }],
    gatewayKeys: { enabled: true },
  });

/**
 * `npm run bench -- revoke [--times 20] [--streams 8]`: revokes gateway keys that are in use, and freezes a person with running
 * streams; measures from the call until two replicas of ingress refuse new requests, and until every stream has ended, which two
 * replicas of masking serve. Exit code 1 where one took a second or more.
 */
export async function benchRevoke(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { times: { type: 'string', default: '20' }, streams: { type: 'string', default: '8' } },
  });
  const times = Number(values.times);
  const model = await startEndlessModel();
  const world = await startWorld({ config: ({ issuer }) => policy(issuer, model.url) });
  const second = await freePort();
  try {
    await world.startServices(['policy', 'ingress', 'masking']);
    const replicas = await Promise.all([
      startReplica(world, 'ingress', second),
      startReplica(world, 'masking', await freePort()),
    ]);
    try {
      const took: number[] = [];
      const doors = [world.urlOf('ingress'), `http://127.0.0.1:${second}`];
      for (let nth = 0; nth < times; nth++) took.push(await revokeOnce(world, doors));
      const [p50Ms, maxMs] = [percentile(took, 0.5), Math.max(...took)];
      console.log(
        `${times} keys revoked, refused by both replicas after p50 ${p50Ms.toFixed(0)} ms, slowest ${maxMs.toFixed(0)} ms (goal: under ${goalMs})`,
      );
      const frozen = await freezeOften(world, doors, times, Number(values.streams));
      const loadAverage = loadavg()[0]?.toFixed(1);
      console.log(`load average ${loadAverage}`);
      await writeResult('revoke', { times, p50Ms, maxMs, frozen, loadAverage });
      if (Math.max(maxMs, frozen.refused.maxMs, frozen.cut.maxMs) >= goalMs) process.exitCode = 1;
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop(5000)));
    }
  } finally {
    await world.stop();
    await model.stop();
  }
}

/** Freezes and releases a person so often; prints and gives how long it took to reach everything. */
async function freezeOften(world: World, doors: readonly string[], times: number, streams: number) {
  const took: FreezeTook[] = [];
  for (let nth = 0; nth < times; nth++) {
    took.push(await freezeOnce(world, doors, Math.ceil(streams / doors.length)));
  }
  const row = (values: number[]) => ({ p50Ms: percentile(values, 0.5), maxMs: Math.max(...values) });
  const refused = row(took.map(({ refusedMs }) => refusedMs));
  const cut = row(took.map(({ cutMs }) => cutMs));
  const text = ({ p50Ms, maxMs }: typeof cut) => `p50 ${p50Ms.toFixed(0)} ms, slowest ${maxMs.toFixed(0)} ms`;
  console.log(
    `${times} freezes of a person with ${streams} streams: both replicas refused new requests after ${text(refused)}; every stream had ended after ${text(cut)} (goal: under ${goalMs})`,
  );
  return { streams, refused, cut };
}

function startReplica(world: World, service: 'ingress' | 'masking', port: number) {
  return startProgram({
    name: `${service}-2`,
    program: `services/${service}/main`,
    env: {
      ...world.environment(service),
      [`SALLYPORT_${service.toUpperCase()}_PORT`]: String(port),
      SALLYPORT_INSTANCE: `${service}-2`,
    },
    logFile: join(world.dir, `${service}-2.log`),
    readyUrl: `http://127.0.0.1:${port}/readyz`,
  });
}

/** Makes a key, uses it at both doors, revokes it; gives the ms from the call until both refuse it. */
async function revokeOnce(world: World, doors: readonly string[]): Promise<number> {
  const token = await world.tokenFor('erin');
  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(`${world.urlOf('policy')}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const { id, key } = await eventually(() =>
    post<GatewayKeyCreated>('/v1/keys', { name: 'bench', connections: ['demo'] }),
  );
  const agent = new Agent({ keepAlive: true });
  const body = Buffer.from('{"model":"demo","messages":[{"role":"user","content":"hello"}]}');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const ask = (door: string) => fire(agent, { url: `${door}/v1/chat/completions`, headers, body });
  const refused = (door: string) =>
    ask(door).then(
      () => Promise.reject(new Error(`${door} still takes the key`)),
      (error: Error) => (error.message.includes(' 401') ? undefined : Promise.reject(error)),
    );
  await Promise.all(doors.map((door) => eventually(() => ask(door))));
  const started = performance.now();
  await post(`/v1/keys/${id}/revoke`, {});
  await Promise.all(
    doors.map((door) => eventually(() => refused(door), { timeoutMs: 10_000, everyMs: pollMs })),
  );
  agent.destroy();
  return performance.now() - started;
}
