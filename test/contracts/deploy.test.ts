import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serviceNames } from '#contracts';
import { defaultRuntimeDir, ensureNats, freePorts } from '#embedded';
import { applyTopology, Bus } from '#messaging';
import { eventually } from '#testing';

const run = promisify(execFile);
const loader = ['--import', './libs/testing/source-loader.mjs'];
let dir: string;
let url: string;
let server: ChildProcess;

const variables = async (file: string) =>
  Object.fromEntries(
    (await readFile(join(dir, file), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  ) as Record<string, string>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-deploy-'));
  await run(process.execPath, [...loader, 'tools/make-secrets.ts', dir]);
  await cp('deploy/nats', join(dir, 'nats'), { recursive: true });
  const [port = 0, monitor = 0] = await freePorts(2);
  const shipped = await readFile(join(dir, 'nats/nats.conf'), 'utf8');
  const here = shipped
    .replace('0.0.0.0:4222', `127.0.0.1:${port}`)
    .replace('127.0.0.1:8222', `127.0.0.1:${monitor}`)
    .replace('"/data"', JSON.stringify(join(dir, 'data')));
  await writeFile(join(dir, 'nats/nats.conf'), here);
  const { path } = await ensureNats({ runtimeDir: defaultRuntimeDir() });
  url = `nats://127.0.0.1:${port}`;
  server = spawn(path, ['-c', join(dir, 'nats/nats.conf')], {
    env: await variables('nats.env'),
    stdio: 'ignore',
  });
  const password = (await variables('nats.env')).SALLYPORT_NATS_TOPOLOGY_PASSWORD!;
  await eventually(() => applyTopology({ url, user: 'topology', password }));
});
afterAll(async () => {
  if (server.exitCode === null && server.kill()) await once(server, 'exit');
  await rm(dir, { recursive: true, force: true });
});

test('the shipped broker configuration lets each service in with the password of its secrets folder, and only so', async () => {
  for (const user of serviceNames) {
    const password = (await readFile(join(dir, user, 'nats-password'), 'utf8')).trim();
    const bus = await Bus.connect({ url, user, password });
    expect(await bus.readMessage({ sequence: 1 })).toBeNull();
    await bus.close();
    await expect(Bus.connect({ url, user, password: `${password}x` })).rejects.toThrow();
    await expect(Bus.connect({ url, user, password: '' })).rejects.toThrow();
  }
});

test('nothing that the broker takes from its environment can be read as a number, a date or a sign', async () => {
  for (const value of Object.values(await variables('nats.env'))) expect(value).toMatch(/^[a-z]/);
});

test('secrets are readable by their owner only, and stay the same when they are asked for again', async () => {
  const files = [
    'nats.env',
    'postgres.env',
    'postgres-password',
    'approval/database.env',
    'audit/database.env',
  ];
  const before = await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')));
  await run(process.execPath, [...loader, 'tools/make-secrets.ts', dir]);
  expect(await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')))).toEqual(before);
  for (const file of files) expect((await stat(join(dir, file))).mode & 0o077).toBe(0);
});

test('only approval and audit learn a way into the database, each its own', async () => {
  const approval = await variables('approval/database.env');
  const audit = await variables('audit/database.env');
  expect(approval.DATABASE_URL).toMatch(/^postgres:\/\/approval:[^@]+@postgres:5432\/sallyport$/);
  expect(audit.DATABASE_URL).toMatch(/^postgres:\/\/audit:[^@]+@postgres:5432\/sallyport$/);
  for (const name of ['ingress', 'policy', 'masking'])
    await expect(stat(join(dir, name, 'database.env'))).rejects.toThrow();
});
