import { writeResult } from '../results.ts';
import {
  type Contender,
  type Kind,
  startDirect,
  startNginx,
  startNodeProxy,
  startPortkey,
} from './contenders.ts';
import { cpuMs } from './cpu.ts';
import { load, percentile } from './load.ts';
import { startSallyport } from './sallyport.ts';

interface Row {
  contender: string;
  kind: Kind;
  promptBytes: number;
  concurrency: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  firstByteP50Ms: number;
  cpuMsPerRequest: number;
}

interface Case {
  kind: Kind;
  promptBytes: number;
  concurrency: number;
  count: number;
}

const kinds: readonly Kind[] = ['json', 'stream', 'masked stream'];
const rounds = 5;
/** Each contender gets so many of each kind before anything is measured: compilers of five processes have to warm up. */
const warmUpRequests = 2000;

function casesOf(scale: number): Case[] {
  const sizes = [
    { concurrency: 1, count: 300 },
    { concurrency: 16, count: 1500 },
    { concurrency: 64, count: 3000 },
  ];
  const cases = kinds.flatMap((kind) =>
    sizes.map(({ concurrency, count }) => ({
      kind,
      promptBytes: 1024,
      concurrency,
      count: Math.ceil(count * scale * (kind === 'json' ? 1 : 0.3)),
    })),
  );
  return [
    ...cases,
    { kind: 'json', promptBytes: 32 * 1024, concurrency: 64, count: Math.ceil(1500 * scale) },
  ];
}

function promptOf(bytes: number, salt: string): string {
  return `${salt} `.padEnd(bytes, 'Summarise the following notes about the weather in the hills. ');
}

async function measure(contender: Contender, one: Case, round: number): Promise<Row> {
  const { kind, promptBytes, concurrency, count } = one;
  const shot = contender.shot(kind, promptOf(promptBytes, `${round}`));
  const before = cpuMs(contender.pids);
  const started = performance.now();
  const timings = await load(shot, count, concurrency);
  await contender.settled();
  // The ledger's last event ends the run: what is not recorded is not done.
  const wallMs = performance.now() - started;
  return {
    contender: contender.name,
    kind,
    promptBytes,
    concurrency,
    requestsPerSecond: (count * 1000) / wallMs,
    p50Ms: percentile(timings.totalMs, 0.5),
    p99Ms: percentile(timings.totalMs, 0.99),
    firstByteP50Ms: percentile(timings.firstByteMs, 0.5),
    cpuMsPerRequest: (cpuMs(contender.pids) - before) / count,
  };
}

const median = (values: number[]): number => percentile(values, 0.5);

function middle(rows: Row[]): Row {
  const of = (key: Exclude<keyof Row, 'contender' | 'kind'>) => median(rows.map((row) => row[key]));
  return {
    ...rows[0]!,
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    firstByteP50Ms: of('firstByteP50Ms'),
    cpuMsPerRequest: of('cpuMsPerRequest'),
  };
}

/** Every contender in turn, round after round, so that the host's moods meet all of them. Medians over the rounds. */
async function run(contenders: readonly Contender[], one: Case): Promise<Row[]> {
  const rows = new Map<string, Row[]>();
  const running = contenders.filter(
    ({ kinds: able }) => able.includes(one.kind) || one.kind === 'masked stream',
  );
  for (let round = 0; round < rounds; round++) {
    for (const contender of running) {
      // Those that can't mask stream as they are, for comparison.
      const kind = contender.kinds.includes(one.kind) ? one.kind : 'stream';
      const row = await measure(contender, { ...one, kind }, round);
      rows.set(contender.name, [...(rows.get(contender.name) ?? []), { ...row, kind: one.kind }]);
    }
  }
  return [...rows.values()].map(middle);
}

function print(rows: readonly Row[]): void {
  const direct = rows.find(({ contender }) => contender === 'direct');
  const portkey = rows.find(({ contender }) => contender.startsWith('Portkey'));
  const { kind, promptBytes, concurrency } = rows[0]!;
  console.log(`\n${kind}, ${promptBytes / 1024} KiB prompt, concurrency ${concurrency}`);
  for (const row of rows) {
    const added = row.p50Ms - (direct?.p50Ms ?? 0);
    const addedFirst = row.firstByteP50Ms - (direct?.firstByteP50Ms ?? 0);
    const ratio = portkey ? (row.requestsPerSecond / portkey.requestsPerSecond).toFixed(2) : '-';
    const cpuRatio = portkey ? (row.cpuMsPerRequest / portkey.cpuMsPerRequest).toFixed(2) : '-';
    console.log(
      [
        row.contender.padEnd(15),
        `${row.requestsPerSecond.toFixed(0).padStart(7)} req/s`,
        `p50 +${added.toFixed(2)} ms`,
        `p99 ${row.p99Ms.toFixed(1)} ms`,
        `first byte +${addedFirst.toFixed(2)} ms`,
        `${row.cpuMsPerRequest.toFixed(3)} ms CPU`,
        `× Portkey: ${ratio} req/s, ${cpuRatio} CPU`,
      ].join('  '),
    );
  }
}

/** `npm run bench -- gateway [--quick]`: Sallyport beside its peers, one interleaved run; quick sends a fifth. */
export async function benchGateway(args: readonly string[]): Promise<void> {
  const direct = await startDirect();
  const contenders: Contender[] = [direct];
  try {
    const nginx = await startNginx(direct.url);
    if (nginx) contenders.push(nginx);
    contenders.push(await startNodeProxy(direct.url), await startPortkey(direct.url));
    contenders.push(await startSallyport(direct.url));
    for (const kind of kinds) {
      for (const each of contenders) {
        const able = each.kinds.includes(kind) ? kind : 'stream';
        await load(each.shot(able, promptOf(1024, 'warm')), warmUpRequests, 16);
        await each.settled();
      }
    }
    const rows: Row[] = [];
    for (const one of casesOf(args.includes('--quick') ? 0.2 : 1)) {
      const measured = await run(contenders, one);
      print(measured);
      rows.push(...measured);
    }
    await writeResult('gateway', { rounds, rows });
  } finally {
    for (const each of contenders.reverse()) await each.stop();
  }
}
