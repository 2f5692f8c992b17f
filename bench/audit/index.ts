import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeResult } from '../results.ts';
import { growTo, measureRate, type RateResult } from './rate.ts';
import { diskPerEntry, measureReading, type ReadingResult } from './reading.ts';
import { openAuditBench } from './world.ts';

/** What is so when the ledger has so many entries. */
interface Growth {
  entries: number;
  rate: RateResult;
  reading: ReadingResult;
  diskBytesPerEvent: number;
  wordIndexBytesPerEvent: number;
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
  try {
    const rounds: RateResult[] = [];
    console.log(`${requests * 3} events at a time: into the ledger, and by plain COPY in the same run`);
    for (let i = 0; i < size.rounds; i += 1) {
      rounds.push(await measureRate(bench, requests, !values['no-words']));
      console.log(rateLine(rounds[i] as RateResult));
    }
    const growth: Growth[] = [];
    for (const entries of values['rate-only'] ? [] : size.steps) {
      await growTo(bench, entries - requests * 3);
      const rate = await measureRate(bench, requests);
      const { bytes, words } = await diskPerEntry(bench);
      const reached = await bench.reached('projected');
      const reading = await measureReading(bench);
      growth.push({
        entries: reached,
        rate,
        reading,
        diskBytesPerEvent: bytes,
        wordIndexBytesPerEvent: words,
      });
      console.log(growthLines(growth.at(-1) as Growth));
    }
    const goals = { 'events/s': 10_000, 'ratio to plain COPY': 0.5 };
    if (!values['rate-only'])
      await writeResult('audit', { quick: values.quick, loadAverage, rounds, growth, goals });
  } finally {
    await bench.stop();
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function rateLine(rate: RateResult): string {
  const postgres = rate.postgresUsPerEvent === null ? '?' : rate.postgresUsPerEvent.toFixed(0);
  return [
    `  ledger ${whole(rate.eventsPerSecond)} events/s, plain COPY ${whole(rate.copiesPerSecond)}/s: ${rate.ratio.toFixed(2)} of it`,
    `  ${rate.bytesPerEvent.toFixed(0)} bytes an event; CPU an event: Node ${rate.nodeUsPerEvent.toFixed(0)} µs, Postgres ${postgres} µs (words included)`,
    `  word index: ${whole(rate.wordsPerSecond)} entries/s; ${whole(rate.wordLagEntries)} behind when the ledger was done`,
  ].join('\n');
}

function growthLines({ entries, rate, reading, diskBytesPerEvent, wordIndexBytesPerEvent }: Growth): string {
  return [
    `${whole(entries)} entries`,
    rateLine(rate),
    `  first page of a list ${reading.pageMs.toFixed(1)} ms, of a person's ${reading.pageOfPersonMs.toFixed(1)} ms; one session ${reading.sessionMs.toFixed(1)} ms`,
    `  export ${reading.exportMbPerSecond.toFixed(0)} MB/s, verify ${reading.verifyMbPerSecond.toFixed(0)} MB/s; on disk ${whole(diskBytesPerEvent)} bytes an event, the words ${whole(wordIndexBytesPerEvent)} of it`,
  ].join('\n');
}
