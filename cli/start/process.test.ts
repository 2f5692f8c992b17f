import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { freePorts, isPortFree, packageRoot, type RunningProcess, startProcess } from '#embedded';
import { eventually } from '#testing';
import { createProgram } from '../main.ts';
import { PORT_NAMES, portFlag } from './options.ts';

const ROOT = packageRoot();
let dir: string;
let ports: number[];
let running: RunningProcess[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-start-'));
  ports = await freePorts(PORT_NAMES.length);
  running = [];
});
afterEach(async () => {
  for (const child of running) await child.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The command line as a person gives it, from the sources. */
async function sallyport(...args: string[]): Promise<RunningProcess> {
  const argv = JSON.stringify(['node', 'sallyport', ...args]);
  const child = await startProcess({
    name: 'sallyport',
    command: process.execPath,
    args: [
      '--import',
      join(ROOT, 'libs/testing/source-loader.mjs'),
      '--input-type=module',
      '-e',
      `const { main } = await import(${JSON.stringify(join(ROOT, 'cli/main.ts'))}); await main(${argv});`,
    ],
    cwd: ROOT,
    env: { ...process.env, SALLYPORT_TOKEN: 'any' },
    logFile: join(dir, 'output.log'),
  });
  running.push(child);
  return child;
}

function start(...args: string[]): Promise<RunningProcess> {
  const moved = PORT_NAMES.flatMap((name, k) => [portFlag(name), String(ports[k])]);
  return sallyport('start', '--state-dir', join(dir, 'state'), ...moved, ...args);
}

function output(): Promise<string> {
  return readFile(join(dir, 'output.log'), 'utf8');
}

describe('sallyport start', () => {
  test('on a busy port says so in one line and starts nothing', async () => {
    const busy = ports[2] as number;
    const server = createServer().listen(busy, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    expect((await (await start()).exited).code).toBe(1);
    const lines = (await output()).trim().split('\n');
    expect(lines.filter((line) => line.includes(String(busy)))).toHaveLength(1);
    expect(lines.at(-1)).toMatch(/ → stop what listens there, or choose another: --audit-port <port>$/);
    expect(existsSync(join(dir, 'state', 'nats'))).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  }, 60_000);

  test('interrupted while it starts stops what it had started', async () => {
    const child = await start();
    await eventually(async () => expect(await output()).toMatch(/ready in/), { timeoutMs: 60_000 });
    process.kill(child.pid, 'SIGINT');
    expect((await child.exited).code).toBe(0);
    for (const port of ports) expect(await isPortFree(port)).toBe(true);
    expect(existsSync(join(dir, 'state', 'processes.json'))).toBe(false);
  }, 120_000);

  test('refuses another address than loopback, and one service where nothing was started', async () => {
    expect((await (await start('--bind', '0.0.0.0')).exited).code).toBe(1);
    expect(await output()).toContain('--insecure-demo');
    expect((await (await start('--only', 'approval')).exited).code).toBe(1);
    expect(await output()).toContain('run npm start first');
  }, 60_000);
});

test('sallyport token says what is missing where nothing runs', async () => {
  const child = await sallyport('token', '--user', 'carol', '--state-dir', dir);
  expect((await child.exited).code).toBe(1);
  expect(await output()).toMatch(/No embedded identity provider here .* → run npm start first/);
}, 60_000);

describe('a command line that is wrong', () => {
  test('ends with 2 and one line that leads to the options', async () => {
    for (const args of [['nonsense'], ['approvals', 'show'], ['whoami', '--nonsense']]) {
      expect((await (await sallyport(...args)).exited).code).toBe(2);
      expect(await output()).toMatch(/error: .*\n(\(Did you mean .*\)\n)?\(add --help for the options\)\n$/);
    }
    expect((await (await sallyport('whoami', '--help')).exited).code).toBe(0);
  }, 60_000);

  test('or a file that can’t be written ends in words, not in a stack', async () => {
    const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const file = join(dir, 'missing', 'export');
    const child = await sallyport('audit', 'export', '-o', file, '--url', `http://127.0.0.1:${port}`);
    expect((await child.exited).code).toBe(1);
    expect(await output()).toMatch(/^ENOENT: .*\n$/);
    await new Promise((resolve) => server.close(resolve));
  }, 60_000);
});

test.each([
  [['policy', 'explain', 'x', '--nope', '--json'], "unknown option '--nope'"],
  [['freeze', 'user', 'carol', '--json'], "required option '--reason <text>' not specified"],
  [
    ['doctor', 'nothing', '--json'],
    'There is no part nothing: use permissions, secrets, identity, back-doors',
  ],
  [['audit', '--json'], "unknown option '--json'"],
])(
  'wrong use with --json is an error in JSON on standard error, and exit code 2: %j',
  async (args, message) => {
    const child = await sallyport(...args);
    expect((await child.exited).code).toBe(2);
    expect(JSON.parse(await output())).toEqual({ error: { code: 'usage', message } });
  },
);

test('help of every command names no default that is nothing', async () => {
  const texts = (command: Command): string[] => [
    command.helpInformation(),
    ...command.commands.flatMap(texts),
  ];
  const all = texts(await createProgram());
  expect(all.length).toBeGreaterThan(60);
  for (const text of all) expect(text).not.toMatch(/default: (\[\]|"")/);
});

test('each verb of the table of help is loaded by its own name', async () => {
  const { commands } = await createProgram();
  for (const command of commands) {
    const alone = (await createProgram(command.name())).commands.map((one) => one.name());
    expect(alone).toContain(command.name());
    expect(alone.length).toBeLessThan(commands.length);
  }
});
