import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { parse } from 'yaml';
import { ensureSecrets, freePorts, isPortFree, packageRoot, startProcess } from '#embedded';
import { effectiveConfig } from './config.ts';
import { modelsAt } from './models.ts';
import { addStartOptions, PORT_NAMES, readStartOptions, type StartOptions } from './options.ts';
import {
  makeStateDir,
  nothingRunning,
  openBroker,
  openDatabase,
  openIdentity,
  openModel,
  type StartContext,
  stopAll,
} from './parts.ts';
import { progressOn } from './progress.ts';
import { screen } from './screen.ts';
import { recordProcesses, resetState, stopLeftovers } from './state.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-start-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function options(args: readonly string[], env: NodeJS.ProcessEnv = {}): StartOptions {
  const command = addStartOptions(
    new Command('start').exitOverride().configureOutput({ writeErr: () => undefined }),
  );
  command.parse([...args], { from: 'user' });
  return readStartOptions(command.opts(), env);
}

describe('options', () => {
  test('without any, everything has the documented port and listens on loopback', () => {
    const { ports, identityPort, modelPort, natsPort, postgresPort, bind } = options([]);
    expect(ports).toEqual({ ingress: 8080, approval: 8081, audit: 8082, policy: 8083, masking: 8084 });
    expect([identityPort, modelPort, natsPort, postgresPort]).toEqual([8085, 8086, 4322, 5532]);
    expect(bind).toBe('127.0.0.1');
  });

  test.each(PORT_NAMES)('the port of %s can be moved, to a port only', (name) => {
    expect(JSON.stringify(options([`--${name}-port`, '12345']))).toContain('12345');
    expect(() => options([`--${name}-port`, '99999'])).toThrow(/a port is a number/);
  });

  test('the seeded people are not shown to a network unless that is asked for', () => {
    expect(() => options(['--bind', '0.0.0.0'])).toThrow(
      expect.objectContaining({ code: 'embedded.unsafe_bind' }),
    );
    expect(options(['--bind', '0.0.0.0', '--insecure-demo']).bind).toBe('0.0.0.0');
    expect(options(['--bind', '0.0.0.0', '--issuer', 'https://id.example.test/']).issuer).toBe(
      'https://id.example.test',
    );
  });

  test('a foreign broker needs the passwords of its users', () => {
    const env = { NATS_URL: 'nats://broker:4222' };
    expect(() => options([], env)).toThrow(/SALLYPORT_NATS_INGRESS_PASSWORD/);
    const passwords = Object.fromEntries(
      ['INGRESS', 'POLICY', 'APPROVAL', 'MASKING', 'AUDIT', 'TOPOLOGY'].map((user) => [
        `SALLYPORT_NATS_${user}_PASSWORD`,
        user,
      ]),
    );
    expect(options([], { ...env, ...passwords }).natsPasswords).toMatchObject({
      ingress: 'INGRESS',
      topology: 'TOPOLOGY',
    });
  });

  test('an address that is none is refused', () => {
    expect(() => options(['--model-url', 'nowhere'])).toThrow(
      expect.objectContaining({ code: 'embedded.bad_option' }),
    );
  });
});

describe('the embedded parts', () => {
  let contextDir: string;
  let context: StartContext;
  let args: string[];
  const output: string[] = [];

  async function open(): Promise<StartContext> {
    const parsed = options([...args, '--state-dir', contextDir]);
    await makeStateDir(contextDir);
    return {
      options: parsed,
      secrets: await ensureSecrets(join(contextDir, 'secrets')),
      progress: progressOn((text) => output.push(text), false),
      running: nothingRunning(),
    };
  }

  beforeAll(async () => {
    contextDir = await mkdtemp(join(tmpdir(), 'sallyport-start-'));
    const ports = await freePorts(PORT_NAMES.length);
    args = PORT_NAMES.flatMap((name, k) => [`--${name}-port`, String(ports[k])]);
    context = await open();
  });
  afterAll(async () => {
    await stopAll(context.running);
    await rm(contextDir, { recursive: true, force: true });
  });

  test('come up, are stopped together, leave their ports free, and come up again with the same state', async () => {
    const round = () =>
      Promise.all([openBroker(context), openDatabase(context), openIdentity(context), openModel(context)]);
    const [natsUrl, database, issuer, modelUrl] = await round();
    expect(natsUrl).toBe(`nats://127.0.0.1:${context.options.natsPort}`);
    expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200);
    expect((await fetch(`${modelUrl}/v1/models`)).status).toBe(401);
    expect(output.join('')).toMatch(/NATS JetStream +ready in \d+\.\d s/);
    const passwords = await readFile(join(contextDir, 'identity', 'passwords.json'), 'utf8');
    await stopAll(context.running);
    const { natsPort, postgresPort, identityPort, modelPort } = context.options;
    for (const port of [natsPort, postgresPort, identityPort, modelPort])
      expect(await isPortFree(port)).toBe(true);

    context = await open();
    expect(await round()).toEqual([natsUrl, database, issuer, modelUrl]);
    expect(await readFile(join(contextDir, 'identity', 'passwords.json'), 'utf8')).toBe(passwords);
    expect((await readdir(join(contextDir, 'logs'))).sort()).toEqual([
      'identity-provider.log',
      'model.log',
      'nats.log',
      'postgres.log',
    ]);
  }, 180_000);
});

describe('the configuration of a start', () => {
  const shipped = join(packageRoot(), 'sallyport.yaml');
  const usual = {
    issuer: 'http://127.0.0.1:8085',
    audience: 'sallyport',
    model: { url: 'http://127.0.0.1:8086' },
  };

  test('is the file itself where nothing was moved', async () => {
    expect(await effectiveConfig(shipped, dir, usual)).toEqual({ file: shipped, model: 'demo' });
  });

  test('follows moved parts and one’s own model, and leaves the rules as they are', async () => {
    const { file, model } = await effectiveConfig(shipped, dir, {
      issuer: 'https://id.example.test',
      audience: 'gateway',
      model: { url: 'http://127.0.0.1:11434', own: ['llama3', 'qwen'] },
    });
    const before = parse(await readFile(shipped, 'utf8'));
    const after = parse(await readFile(file, 'utf8'));
    expect(model).toBe('llama3');
    expect(after.identity.issuers[0]).toMatchObject({
      issuer: 'https://id.example.test',
      audience: 'gateway',
    });
    expect(after.connections.demo).toMatchObject({
      baseUrl: 'http://127.0.0.1:11434',
      models: ['llama3', 'qwen'],
    });
    expect(after.connections.demo.credential).toBeUndefined();
    expect(after.rules).toEqual(before.rules);
  });

  test('that is not there is named', async () => {
    await expect(effectiveConfig(join(dir, 'none.yaml'), dir, usual)).rejects.toMatchObject({
      code: 'embedded.bad_option',
    });
  });
});

test('one’s own model server has to answer and to offer a model', async () => {
  let models: { id: string }[] = [];
  const server = createServer((_request, response) => response.end(JSON.stringify({ data: models })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  await expect(modelsAt(url)).rejects.toThrow(/offers no model/);
  models = [{ id: 'llama3' }];
  expect(await modelsAt(url)).toEqual(['llama3']);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(modelsAt(url)).rejects.toThrow(/No model server answers/);
});

describe('state', () => {
  test('what a killed start left running is stopped by the next one, and nothing else is', async () => {
    const idle = (name: string) =>
      startProcess({
        name,
        command: process.execPath,
        args: ['-e', 'setInterval(()=>{},1e3)'],
        logFile: join(dir, name),
      });
    const [ours, foreign] = await Promise.all([idle('ours'), idle('foreign')]);
    await recordProcesses(dir, [ours]);
    const path = join(dir, 'processes.json');
    const record = JSON.parse(await readFile(path, 'utf8'));
    record.main.began = 'another time';
    record.children.push({ pid: foreign.pid, began: 'another time' });
    await writeFile(path, JSON.stringify(record));
    expect(await stopLeftovers(dir)).toBe(1);
    expect((await ours.exited).signal).toBe('SIGTERM');
    expect(() => process.kill(foreign.pid, 0)).not.toThrow();
    expect(await stopLeftovers(dir)).toBe(0);
    await foreign.kill();
  });

  test('a start that still runs is not disturbed', async () => {
    const other = await startProcess({
      name: 'other',
      command: process.execPath,
      args: ['-e', 'setInterval(()=>{},1e3)'],
      logFile: join(dir, 'log'),
    });
    await recordProcesses(dir, [other]);
    const path = join(dir, 'processes.json');
    const record = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ main: record.children[0], children: [] }));
    await expect(stopLeftovers(dir)).rejects.toThrow(/already runs here/);
    await other.kill();
  });

  test('a reset keeps the fetched programs only', async () => {
    await makeStateDir(join(dir, 'runtime'));
    await ensureSecrets(join(dir, 'secrets'));
    await resetState(dir);
    expect(await readdir(dir)).toEqual(['runtime']);
  });
});

test('the closing screen has a line for each address and lines to paste', () => {
  const text = screen({
    urls: { gateway: 'http://127.0.0.1:8080/v1', approvals: 'http://127.0.0.1:8081' },
    model: 'demo',
    isStandIn: true,
    hasSeededPeople: true,
    passwordsFile: '.sallyport/identity/passwords.json',
    offered: [{ name: 'Ollama', url: 'http://127.0.0.1:11434' }],
  });
  expect(text).toContain('offline stand-in');
  expect(text).toContain('curl -s http://127.0.0.1:8080/v1/chat/completions');
  expect(text).toContain('npx sallyport approvals list --as alice');
  expect(text).toContain('http://127.0.0.1:8081/approvals\n');
  expect(text).toContain('.sallyport/identity/passwords.json');
  expect(text).toContain('npm start -- --model-url http://127.0.0.1:11434');
});
