import { type AuditBench, until } from './world.ts';

/** From kill -9 of the writer, with two standbys: until another is the writer, and until it recorded what came. */
export interface TakeoverResult {
  times: number;
  writerMs: number[];
  recordedMs: number[];
}

const times = 5;
const requests = 100;

/** Kills the writer of three replicas, several times over. */
export async function measureTakeover(bench: AuditBench): Promise<TakeoverResult> {
  const result: TakeoverResult = { times, writerMs: [], recordedMs: [] };
  let writers = await Promise.all([1, 2, 3].map(() => bench.startWriter()));
  for (const writer of writers) writer.start();
  const writing = async () => {
    const roles = await Promise.all(writers.map((writer) => writer.role()));
    return writers[roles.indexOf('writing')];
  };
  for (let i = 0; i < times; i += 1) {
    await until(async () => (await writing()) !== undefined);
    const killed = await writing();
    const before = await bench.reached('recorded');
    await killed?.kill();
    const startMs = performance.now();
    writers = writers.filter((writer) => writer !== killed);
    await bench.publish(await bench.events.next(requests));
    await until(async () => (await writing()) !== undefined);
    result.writerMs.push(Math.round(performance.now() - startMs));
    await until(async () => (await bench.reached('recorded')) >= before + requests * 3);
    result.recordedMs.push(Math.round(performance.now() - startMs));
    const another = await bench.startWriter();
    another.start();
    writers.push(another);
  }
  await Promise.all(writers.map((writer) => writer.stop()));
  await bench.emptyLog();
  return result;
}
