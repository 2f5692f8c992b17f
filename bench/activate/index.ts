import { Agent } from 'node:http';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type RevisionDetail, type ServiceName, serviceNames } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { fire, percentile } from '../gateway/load.ts';
import { writeResult } from '../results.ts';
import { documentOf } from './document.ts';

const limitMs = 1000;
const pollMs = 5;

/**
 * `npm run bench -- activate [--times 20] [--concurrency 16] [--rules 100]`: puts revisions into force while requests run,
 * and measures from the call until each service says that it runs the revision. Exit code 1 where one took a second or
 * more, or a request was not answered with 200.
 */
export async function benchActivate(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      times: { type: 'string', default: '20' },
      concurrency: { type: 'string', default: '16' },
      rules: { type: 'string', default: '100' },
    },
  });
  const [times, concurrency, rules] = [values.times, values.concurrency, values.rules].map(Number) as [
    number,
    number,
    number,
  ];
  const world = await startWorld({
    config: ({ issuer, upstream }) => documentOf(issuer, upstream, rules, 0),
  });
  try {
    await world.startServices();
    const traffic = await startTraffic(world, concurrency);
    const took = await activateOften(world, times, (nth) =>
      documentOf(world.idp.issuer, world.upstream.baseUrl, rules, nth),
    );
    const { answered, dropped, requestsPerSecond } = await traffic.end();
    const rows = serviceNames.map((service) => ({
      service,
      p50Ms: percentile(took[service], 0.5),
      maxMs: Math.max(...took[service]),
    }));
    for (const { service, p50Ms, maxMs } of rows) {
      console.log(`${service.padEnd(9)} p50 ${p50Ms.toFixed(0)} ms, slowest ${maxMs.toFixed(0)} ms`);
    }
    console.log(
      `${times} activations of ${rules} rules; ${answered} requests answered (${requestsPerSecond.toFixed(0)}/s), ${dropped.length} not`,
    );
    const loadAverage = loadavg()[0]?.toFixed(1);
    console.log(`load average ${loadAverage}`);
    for (const problem of dropped.slice(0, 5)) console.log(`  ${problem}`);
    await writeResult('activate', {
      times,
      concurrency,
      rules,
      rows,
      answered,
      dropped: dropped.length,
      loadAverage,
    });
    if (dropped.length > 0 || rows.some(({ maxMs }) => maxMs >= limitMs)) process.exitCode = 1;
  } finally {
    await world.stop();
  }
}

/** Keeps so many requests under way, every fourth a stream, until `end`. */
async function startTraffic(world: World, concurrency: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const token = await world.idp.mint({ user: 'carol', expiresInSeconds: 7200 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const url = `${world.urlOf('ingress')}/v1/chat/completions`;
  const dropped: string[] = [];
  const started = performance.now();
  let [answered, isOver] = [0, false];
  const worker = async (first: number): Promise<void> => {
    for (let nth = first; !isOver; nth += concurrency) {
      const messages = [{ role: 'user', content: `Summarise note ${nth} about the weather in the hills.` }];
      const body = Buffer.from(JSON.stringify({ model: 'demo', messages, stream: nth % 4 === 0 }));
      await fire(agent, { url, headers, body }).then(
        () => answered++,
        (error: Error) => dropped.push(error.message),
      );
    }
  };
  await eventually(() =>
    fire(agent, {
      url,
      headers,
      body: Buffer.from('{"model":"demo","messages":[{"role":"user","content":"x"}]}'),
    }),
  );
  const workers = Array.from({ length: concurrency }, (_, nth) => worker(nth));
  return {
    end: async () => {
      isOver = true;
      await Promise.all(workers);
      agent.destroy();
      return { answered, dropped, requestsPerSecond: (answered * 1000) / (performance.now() - started) };
    },
  };
}

type Took = Record<ServiceName, number[]>;

async function activateOften(world: World, times: number, document: (nth: number) => string): Promise<Took> {
  const took = Object.fromEntries(serviceNames.map((name) => [name, [] as number[]])) as Took;
  const token = await world.tokenFor('erin');
  const call = async (path: string, body: object): Promise<RevisionDetail> => {
    const response = await fetch(`${world.urlOf('policy')}/v1/revisions${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as RevisionDetail;
  };
  for (let nth = 1; nth <= times; nth++) {
    const files = [{ name: 'sallyport.yaml', text: document(nth) }];
    const { revision } = await eventually(() => call('', { files, message: `activation ${nth}` }));
    const started = performance.now();
    const everywhere = serviceNames.map(async (service) => {
      await until(world, service, revision);
      took[service].push(performance.now() - started);
    });
    await call(`/${revision}/activate`, {});
    await Promise.all(everywhere);
  }
  return took;
}

async function until(world: World, service: ServiceName, revision: string): Promise<void> {
  const running = async (): Promise<void> => {
    const report = (await (await fetch(`${world.urlOf(service)}/readyz`)).json()) as {
      details: { config?: { revision?: string } };
    };
    if (report.details.config?.revision !== revision)
      throw new Error(`${service} does not run ${revision} yet`);
  };
  await eventually(running, { timeoutMs: 10_000, everyMs: pollMs });
}
