import { plainCopy } from './copy.ts';
import type { BenchEvent } from './events.ts';
import { type AuditBench, until, type Writer } from './world.ts';

/** One stretch of events, taken into the ledger and, as the yardstick, copied plainly. */
export interface RateResult {
  events: number;
  bytesPerEvent: number;
  /** Until the entries, the tree and the metadata index have all of them. */
  ledgerSeconds: number;
  eventsPerSecond: number;
  copySeconds: number;
  copiesPerSecond: number;
  /** Events per second against plain copies per second. */
  ratio: number;
  nodeUsPerEvent: number;
  postgresUsPerEvent: number | null;
  brokerUsPerEvent: number | null;
  /** The word index, where it followed: what it still lacked when the ledger was done, and how fast it had everything. */
  words: { lagEntries: number; entriesPerSecond: number } | null;
  heapMb: number;
}

/** A writer takes in so many requests before it is measured: a process that has just begun is still being compiled. */
export const warmRequests = 3000;

/** A process that has written, and waits. */
async function warmWriter(bench: AuditBench): Promise<Writer> {
  const size = await bench.reached('projected');
  await bench.publish(await bench.events.next(warmRequests));
  const writer = await bench.startWriter();
  writer.start();
  await until(async () => (await bench.reached('projected')) >= size + warmRequests * 3);
  await writer.halt();
  return writer;
}

/** Measures a stretch. The log is empty before and after; half of the plain copy runs before the ledger, half after. */
export async function measureRate(
  bench: AuditBench,
  requests: number,
  withWords = true,
): Promise<RateResult> {
  const writer = await warmWriter(bench);
  const events = await bench.events.next(requests);
  await bench.publish(events);
  const count = events.length;
  const [first, second] = [events.slice(0, count / 2), events.slice(count / 2)];
  const [size, sequence] = [await bench.reached('projected'), await bench.reached('recorded')];
  const indexed = await bench.reached('indexed');
  const firstSeconds = await plainCopy(bench.client, first);
  const before = await Promise.all([bench.postgresCpuMs(), bench.brokerCpuMs()]);
  const startMs = performance.now();
  writer.start();
  if (withWords) writer.index();
  await until(async () => (await bench.reached('recorded')) >= sequence + count);
  await until(async () => (await bench.reached('projected')) >= size + count);
  const ledgerSeconds = (performance.now() - startMs) / 1000;
  const use = await writer.use();
  const after = await Promise.all([bench.postgresCpuMs(), bench.brokerCpuMs()]);
  const lagEntries = size + count - (await bench.reached('indexed'));
  if (withWords) await until(async () => (await bench.reached('indexed')) >= size + count);
  const entriesPerSecond = (size + count - indexed) / ((performance.now() - startMs) / 1000);
  await writer.stop();
  const copySeconds = firstSeconds + (await plainCopy(bench.client, second));
  await bench.emptyLog();
  await bench.client.query('truncate plain');
  const eventsPerSecond = count / ledgerSeconds;
  const copiesPerSecond = count / copySeconds;
  const [postgresUsPerEvent, brokerUsPerEvent] = ([0, 1] as const).map((i) =>
    usPerEvent(before[i], after[i], count),
  ) as [number | null, number | null];
  return {
    ...{ events: count, bytesPerEvent: bytesOf(events) / count, ledgerSeconds, eventsPerSecond },
    ...{ copySeconds, copiesPerSecond, ratio: eventsPerSecond / copiesPerSecond },
    nodeUsPerEvent: use.cpuUs / count,
    ...{ postgresUsPerEvent, brokerUsPerEvent },
    words: withWords ? { lagEntries, entriesPerSecond } : null,
    heapMb: use.heapMb,
  };
}

function usPerEvent(beforeMs: number | null, afterMs: number | null, count: number): number | null {
  return beforeMs === null || afterMs === null ? null : ((afterMs - beforeMs) * 1000) / count;
}

const bytesOf = (events: readonly BenchEvent[]): number =>
  events.reduce((sum, { payload }) => sum + payload.length, 0);

/** Takes events in without measuring, until the ledger has so many; the word index does not follow. */
export async function growTo(bench: AuditBench, entries: number): Promise<void> {
  const [chunkRequests, ahead] = [5000, 60_000];
  const size = await bench.reached('projected');
  const offset = (await bench.reached('recorded')) - size;
  if (size >= entries) return;
  const writer = await bench.startWriter();
  writer.start();
  let published = size;
  let emptiedAt = size;
  const tell = progressOf(size, entries);
  while (published < entries) {
    const events = await bench.events.next(Math.min(chunkRequests, Math.ceil((entries - published) / 3)));
    await bench.publish(events);
    published += events.length;
    await until(async () => (await bench.reached('recorded')) - offset >= published - ahead, 50);
    tell(published);
    if (published - emptiedAt < 4 * ahead) continue;
    await until(async () => (await bench.reached('recorded')) - offset >= published, 50);
    await bench.emptyLog();
    emptiedAt = published;
  }
  await until(async () => (await bench.reached('projected')) >= published, 50);
  await writer.stop();
  await bench.emptyLog();
}

const tellEveryMs = 30_000;

/** Says now and then how far growing is, and how long the rest takes at this rate. */
function progressOf(from: number, to: number): (reached: number) => void {
  const startMs = performance.now();
  let toldMs = startMs;
  return (reached) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < tellEveryMs) return;
    toldMs = nowMs;
    const perSecond = ((reached - from) * 1000) / (nowMs - startMs);
    const leftSeconds = (to - reached) / perSecond;
    const [entries, rate] = [reached, perSecond].map((value) => Math.round(value).toLocaleString('en'));
    console.log(
      `  ${entries} entries, ${rate}/s; ${Math.ceil(leftSeconds / 60)} minutes to ${to.toLocaleString('en')}`,
    );
  };
}
