import { Agent } from 'node:http';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { GatewayKeyCreated } from '#contracts';
import { freePort } from '#embedded';
import { eventually, startProgram, startWorld, type World } from '#testing';
import { fire, percentile } from '../gateway/load.ts';
import { writeResult } from '../results.ts';

const goalMs = 1000;
const pollMs = 5;

const policy = (issuer: string, upstream: string): string =>
  JSON.stringify({
    version: 1,
    roles: { admin: ['admin'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: { demo: { baseUrl: upstream, models: ['demo'] } },
    rules: [{ name: 'everybody', effect: 'allow' }],
    gatewayKeys: { enabled: true },
  });

/**
 * `npm run bench -- revoke [--times 20]`: revokes gateway keys that are in use, and measures from the call until two ingress
 * replicas refuse them. Exit code 1 where one took a second or more.
 */
export async function benchRevoke(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { times: { type: 'string', default: '20' } },
  });
  const times = Number(values.times);
  const world = await startWorld({ config: ({ issuer, upstream }) => policy(issuer, upstream) });
  const second = await freePort();
  try {
    await world.startServices(['policy', 'ingress', 'masking']);
    const replica = await startReplica(world, second);
    try {
      const took: number[] = [];
      const doors = [world.urlOf('ingress'), `http://127.0.0.1:${second}`];
      for (let nth = 0; nth < times; nth++) took.push(await revokeOnce(world, doors));
      const [p50Ms, maxMs] = [percentile(took, 0.5), Math.max(...took)];
      console.log(
        `${times} keys revoked, refused by both replicas after p50 ${p50Ms.toFixed(0)} ms, slowest ${maxMs.toFixed(0)} ms (goal: under ${goalMs})`,
      );
      const loadAverage = loadavg()[0]?.toFixed(1);
      console.log(`load average ${loadAverage}`);
      await writeResult('revoke', { times, p50Ms, maxMs, loadAverage });
      if (maxMs >= goalMs) process.exitCode = 1;
    } finally {
      await replica.stop(5000);
    }
  } finally {
    await world.stop();
  }
}

function startReplica(world: World, port: number) {
  return startProgram({
    name: 'ingress-2',
    program: 'services/ingress/main',
    env: {
      ...world.environment('ingress'),
      SALLYPORT_INGRESS_PORT: String(port),
      SALLYPORT_INSTANCE: 'ingress-2',
    },
    logFile: join(world.dir, 'ingress-2.log'),
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
