import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeResult } from '../results.ts';
import { copyFromLog } from './copy.ts';
import { goalLines, goals } from './goals.ts';
import { growTo, measureRate, type RateResult, warmRequests } from './rate.ts';
import { diskPerEntry, measureReading, type ReadingResult } from './reading.ts';
import { measureTakeover } from './takeover.ts';
import { type AuditBench, openAuditBench } from './world.ts';

/** What is so when the ledger has so many entries. */
interface Growth {
  entries: number;
  rate: RateResult;
  reading: ReadingResult;
  diskBytesPerEvent: number;
}

const sizes = {
  quick: { requests: 5000, rounds: 1, steps: [30_000] },
  usual: { requests: 20_000, rounds: 3, steps: [250_000, 500_000, 1_000_000] },
  long: { requests: 20_000, rounds: 3, steps: [1_000_000, 3_000_000, 10_000_000] },
} as const;

/** `npm run bench -- audit [--quick | --long]`: how fast the ledger is written and read, and how that is as it grows. */
export async function benchAudit(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      requests: { type: 'string' },
      /** Only how fast it is written; nothing is kept of the result. */
      'rate-only': { type: 'boolean', default: false },
      /** Without the word index, for a profile of the writer alone. */
      'no-words': { type: 'boolean', default: false },
    },
  });
  const size = values.quick ? sizes.quick : values.long ? sizes.long : sizes.usual;
  const requests = Number(values.requests ?? size.requests);
  const loadAverage = loadavg().map((load) => Math.round(load * 10) / 10);
  const bench = await openAuditBench();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void bench.stop().finally(() => process.exit(1)));
  }
  try {
    console.log(`${requests * 3} events at a time: into the ledger, and by plain COPY in the same run`);
    const rounds = await measureRounds(bench, {
      requests,
      rounds: size.rounds,
      withWords: !values['no-words'],
    });
    if (values['rate-only']) return void (await measureLogCopy(bench, requests));
    const { words } = await diskPerEntry(bench);
    const wordIndexBytesPerEvent = words * size.rounds;
    console.log(`  on disk the word index takes ${whole(wordIndexBytesPerEvent)} bytes an event`);
    const takeover = await measureTakeover(bench);
    const times = (list: readonly number[]): string => `${list.join(', ')} ms`;
    console.log(`writer of three killed: another writes after ${times(takeover.writerMs)},`);
    console.log(`  and has recorded what came meanwhile after ${times(takeover.recordedMs)}`);
    const growth = await measureGrowth(bench, requests, size.steps);
    const logCopiesPerSecond = await measureLogCopy(bench, requests);
    const lines = goalLines({ rounds, growth, takeover, logCopiesPerSecond });
    for (const line of lines) console.log(line);
    await writeResult('audit', {
      ...{
        quick: values.quick,
        loadAverage,
        rounds,
        logCopiesPerSecond,
        wordIndexBytesPerEvent,
        takeover,
        growth,
        goals,
      },
    });
  } finally {
    await bench.stop();
  }
}

/** The last thing that is measured: the ledger never learns of these events. */
async function measureLogCopy(bench: AuditBench, requests: number): Promise<number> {
  const events = await bench.events.next(requests);
  await bench.publish(events);
  const perSecond = events.length / (await copyFromLog(bench.client, bench.audit, events.length));
  console.log(
    `out of the log and into a table by plain COPY, without a ledger: ${whole(perSecond)} events/s`,
  );
  return perSecond;
}

/** The word index follows in the first round: it takes longer than the ledger. */
async function measureRounds(
  bench: AuditBench,
  { requests, rounds, withWords }: { requests: number; rounds: number; withWords: boolean },
): Promise<RateResult[]> {
  const results: RateResult[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const result = await measureRate(bench, requests, withWords && i === 0);
    results.push(result);
    console.log(rateLine(result));
  }
  return results;
}

/** The word index is left out: it does not follow a million entries in the time of this bench. */
async function measureGrowth(
  bench: AuditBench,
  requests: number,
  steps: readonly number[],
): Promise<Growth[]> {
  const results: Growth[] = [];
  for (const entries of steps) {
    await growTo(bench, entries - (requests + warmRequests) * 3);
    const rate = await measureRate(bench, requests, false);
    const { bytes: diskBytesPerEvent } = await diskPerEntry(bench);
    const reached = await bench.reached('projected');
    const result = { entries: reached, rate, reading: await measureReading(bench), diskBytesPerEvent };
    results.push(result);
    console.log(growthLines(result));
  }
  return results;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function rateLine(rate: RateResult): string {
  const [postgres, broker] = [rate.postgresUsPerEvent, rate.brokerUsPerEvent].map(
    (us) => us?.toFixed(0) ?? '?',
  );
  return [
    `  ledger ${whole(rate.eventsPerSecond)} events/s, plain COPY ${whole(rate.copiesPerSecond)}/s: ${rate.ratio.toFixed(2)} of it`,
    `  ${rate.bytesPerEvent.toFixed(0)} bytes an event; CPU an event: Node ${rate.nodeUsPerEvent.toFixed(0)} µs, Postgres ${postgres} µs, broker ${broker} µs${rate.words === null ? '' : ' (words included)'}`,
    ...(rate.words === null ? [] : [wordsLine(rate.words)]),
  ].join('\n');
}

function wordsLine({ entriesPerSecond, lagEntries }: NonNullable<RateResult['words']>): string {
  return `  word index: ${whole(entriesPerSecond)} entries/s; ${whole(lagEntries)} behind when the ledger was done`;
}

function growthLines({ entries, rate, reading, diskBytesPerEvent }: Growth): string {
  return [
    `${whole(entries)} entries`,
    rateLine(rate),
    `  first page of a list ${reading.pageMs.toFixed(1)} ms, of a person's ${reading.pageOfPersonMs.toFixed(1)} ms; one session ${reading.sessionMs.toFixed(1)} ms`,
    `  export ${reading.exportMbPerSecond.toFixed(0)} MB/s, verify ${reading.verifyMbPerSecond.toFixed(0)} MB/s; on disk ${whole(diskBytesPerEvent)} bytes an event`,
  ].join('\n');
}
