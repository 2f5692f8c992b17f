import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningProcess, startProcess } from '#embedded';
import { eventually } from '#testing';
import type { StartOptions } from './options.ts';
import { nothingRunning, type Running } from './parts.ts';
import type { StartEvent } from './progress.ts';
import { watchParts } from './watch-parts.ts';

const fails = "process.stderr.write('Error: out of luck\\n'); process.exitCode = 1";
const stays = 'setInterval(() => {}, 1e3)';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-watch-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Watches one service that runs these scripts one after the other, the last one for as long as it is asked to. */
async function watched(...scripts: string[]) {
  const running: Running = nothingRunning();
  const told: StartEvent[] = [];
  let started = 0;
  const open = async (): Promise<RunningProcess> => {
    const script = scripts[Math.min(started++, scripts.length - 1)] as string;
    const child = await startProcess({
      name: 'approval',
      command: process.execPath,
      args: ['-e', script],
      logFile: join(dir, `${told.length}-${started}.log`),
    });
    running.services.push(child);
    return child;
  };
  await open();
  const options = { stateDir: dir } as StartOptions;
  const progress = {
    tell: (event: StartEvent) => void told.push(event),
    timed: <T>(_: string, work: () => Promise<T>) => work(),
  };
  const stop = watchParts({ options, progress, running }, open);
  const texts = () => told.flatMap((event) => (event.event === 'stopped' ? [event.text] : []));
  return { running, stop, texts, started: () => started };
}

test('a service that fails is started again; one that is killed waits for people', async () => {
  const { running, texts, started } = await watched(fails, stays);
  await eventually(() => expect(started()).toBe(2));
  expect(running.services).toHaveLength(1);
  await running.services[0]?.kill();
  await eventually(() => expect(texts()).toHaveLength(2));
  expect(texts()).toEqual([
    'code 1: Error: out of luck → it is started again',
    'SIGKILL → npx sallyport start --only approval',
  ]);
  expect(started()).toBe(2);
});

test('a service that fails time and again is left to people', async () => {
  const { texts, started } = await watched(fails);
  await eventually(() => expect(texts().at(-1)).toMatch(/→ npx sallyport start --only approval$/));
  expect(started()).toBe(4);
});

test('nothing is started again while everything stops', async () => {
  const { running, stop, texts, started } = await watched(
    `process.once('SIGTERM', () => process.exit(1)); ${stays}`,
  );
  stop();
  await running.services[0]?.stop();
  expect([texts(), started()]).toEqual([[], 1]);
});
