import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withFileLock } from './file-lock.ts';
import { freePorts, requireFreePorts } from './ports.ts';
import { reasonIn } from './process-log.ts';
import { type RunningProcess, startProcess, untilReady } from './processes.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-processes-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function node(script: string): Promise<RunningProcess> {
  const args = ['-e', script];
  return startProcess({
    name: 'program',
    command: process.execPath,
    args,
    logFile: join(dir, 'program.log'),
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function printed(child: RunningProcess, pattern: RegExp): Promise<string> {
  let found: RegExpExecArray | null = null;
  await untilReady(
    child,
    async () => {
      found = pattern.exec(await readFile(child.logFile, 'utf8'));
      return found !== null;
    },
    10_000,
  );
  return (found as RegExpExecArray | null)?.[1] ?? '';
}

describe('a started process', () => {
  test('is stopped together with the processes it started, even those that ignore the signal', async () => {
    const child = await node(`
      process.on('SIGTERM', () => {});
      const { spawn } = require('node:child_process');
      const inner = spawn(process.execPath, ['-e', "process.on('SIGTERM',()=>{});setInterval(()=>{},1e3)"]);
      console.log('inner=' + inner.pid + ';');
      setInterval(() => {}, 1e3);`);
    const inner = Number(await printed(child, /inner=(\d+);/));
    expect(isAlive(inner)).toBe(true);
    await child.stop(200);
    expect((await child.exited).signal).toBe('SIGKILL');
    while (isAlive(inner)) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('may tidy up before it ends', async () => {
    const child = await node(`
      process.on('SIGTERM', () => { console.log('tidied'); process.exit(0); });
      console.log('up;'); setInterval(() => {}, 1e3);`);
    await printed(child, /(up);/);
    await child.stop();
    expect(await readFile(child.logFile, 'utf8')).toContain('tidied');
    await child.stop();
  });

  test('that ends before it is ready is reported with the reason from its log', async () => {
    const child = await node(`throw new Error('no such setting: COLOUR')`);
    await expect(untilReady(child, async () => false, 10_000)).rejects.toMatchObject({
      code: 'embedded.exited',
      message: 'program stopped at start: Error: no such setting: COLOUR',
    });
  });

  test('that never gets ready is ended and reported', async () => {
    const child = await node('setInterval(() => {}, 1e3)');
    await expect(untilReady(child, async () => false, 100)).rejects.toMatchObject({
      code: 'embedded.not_ready',
    });
    expect((await child.exited).signal).toBe('SIGKILL');
  });

  test('that can not be run at all is named', async () => {
    const missing = startProcess({
      name: 'gone',
      command: join(dir, 'gone'),
      args: [],
      logFile: join(dir, 'log'),
    });
    await expect(missing).rejects.toMatchObject({ code: 'embedded.tool_missing' });
  });
});

test('the reason is read from JSON logs too', async () => {
  const path = join(dir, 'json.log');
  await writeFile(
    path,
    '{"level":30,"msg":"up"}\n{"level":60,"msg":"cannot start","err":{"message":"port taken"}}\n',
  );
  expect(await reasonIn(path)).toBe('cannot start: port taken');
});

describe('ports', () => {
  test('that are busy are all named in one line, with the flags that move them', async () => {
    const [free = 0, busy = 0] = await freePorts(2);
    const server = createServer().listen(busy, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const needed = [
      { part: 'ingress', port: free, option: '--ingress-port' },
      { part: 'audit', port: busy, option: '--audit-port' },
    ];
    await expect(requireFreePorts(needed)).rejects.toMatchObject({
      code: 'embedded.port_busy',
      message: `Port ${busy} (audit) already in use on 127.0.0.1`,
      remedy: expect.stringContaining('--audit-port <port>'),
    });
    await new Promise((resolve) => server.close(resolve));
    await expect(requireFreePorts(needed)).resolves.toBeUndefined();
  });

  test('handed out together differ', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });
});

test('a file lock lets one in at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withFileLock(join(dir, 'lock'), work)));
  expect(most).toBe(1);
});
