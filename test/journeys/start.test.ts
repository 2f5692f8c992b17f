import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { serviceNames } from '#contracts';
import {
  ensureSecrets,
  freePorts,
  isPortFree,
  packageRoot,
  type RunningProcess,
  startIdentityProvider,
  startNats,
  startPostgres,
  startProcess,
} from '#embedded';
import { natsAuthorization } from '#messaging';
import { eventually, startMockUpstream } from '#testing';

/** The built command line as a person has it; `npm test` builds before it runs this. */
const root = packageRoot();
const program = join(root, 'bin', 'sallyport.mjs');
const parts = [...serviceNames, 'identity', 'model', 'nats', 'postgres'];

let dir: string;
let ports: Record<string, number>;
let ending: (() => Promise<unknown>)[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-whole-'));
  const free = await freePorts(parts.length);
  ports = Object.fromEntries(parts.map((part, k) => [part, free[k] as number]));
  ending = [() => rm(dir, { recursive: true, force: true })];
});
afterEach(async () => {
  for (const end of ending.reverse()) await end();
});

const surroundings = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  SALLYPORT_STATE_DIR: join(dir, 'state'),
  ...Object.fromEntries(parts.map((part) => [`SALLYPORT_${part.toUpperCase()}_PORT`, String(ports[part])])),
  ...env,
});

async function start(log: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = await startProcess({
    name: 'start',
    command: process.execPath,
    args: [program, 'start', ...args],
    cwd: root,
    env: surroundings(env),
    logFile: join(dir, log),
  });
  ending.push(() => child.stop(30_000));
  return child;
}

const said = (log: string): Promise<string> => readFile(join(dir, log), 'utf8');
async function until(child: RunningProcess, log: string, words: string): Promise<void> {
  const waiting = eventually(async () => expect(await said(log)).toContain(words), { timeoutMs: 120_000 });
  const early = child.exited.then(async () => {
    throw new Error(`it ended: ${await said(log)}`);
  });
  await Promise.race([waiting, early]);
}

/** Runs a line as if pasted into a terminal in the project's folder. */
function paste(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', line], { cwd: root, env: surroundings() }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${line}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** The command on the screen that starts with a word, up to the blank line after it. */
function shown(screen: string, first: string, nth = 0): string {
  const blocks = screen.split('\n\n').filter((block) => block.trimStart().startsWith(first));
  return blocks[nth] ?? '';
}

async function interrupt(child: RunningProcess): Promise<void> {
  process.kill(child.pid, 'SIGINT');
  expect((await child.exited).code).toBe(0);
  for (const port of Object.values(ports)) expect(await isPortFree(port)).toBe(true);
}

test('everything starts with one command, what its screen shows works when pasted, and a restart keeps the state', async () => {
  const first = await start('first.log');
  await until(first, 'first.log', 'Sallyport runs.');
  const screen = await said('first.log');
  for (const part of ['NATS JetStream', 'Postgres', 'identity provider', 'model', ...serviceNames])
    expect(screen).toMatch(new RegExp(`${part}\\s+ready in \\d`));

  const answered = JSON.parse(await paste(shown(screen, 'curl'))) as OpenAI.ChatCompletion;
  expect(answered).toMatchObject({
    choices: [{ message: { content: expect.stringMatching(/\[EMAIL|\*/) } }],
  });
  expect(await paste(shown(screen, 'OPENAI_API_KEY'))).not.toMatch(/@/);

  const waiting = paste(shown(screen, 'curl', 1));
  const list = () => paste('npx sallyport approvals list --as alice --json');
  await eventually(async () => expect(JSON.parse(await list()).items).toHaveLength(1), { timeoutMs: 30_000 });

  const pid = await processOf('approval');
  process.kill(pid, 'SIGKILL');
  await until(first, 'first.log', 'npx sallyport start --only approval');
  const only = await start('only.log', ['--only', 'approval']);
  await until(only, 'only.log', 'approval runs at');
  await paste(shown(screen, 'npx sallyport approvals list').split('\n').at(-1) ?? '');
  const released = JSON.parse(await waiting) as OpenAI.ChatCompletion;
  expect(released).toMatchObject({ choices: [{ message: { role: 'assistant' } }] });
  process.kill(only.pid, 'SIGINT');
  await only.exited;
  await interrupt(first);

  const second = await start('second.log', ['--json']);
  await until(second, 'second.log', '"event":"screen"');
  const sessions = await eventually(
    async () => {
      const { items } = JSON.parse(await paste('npx sallyport audit list --as alice --json'));
      expect(items.length).toBeGreaterThanOrEqual(3);
      return items as { id: string }[];
    },
    { timeoutMs: 30_000 },
  );
  expect(await paste(`npx sallyport audit show ${sessions[0]?.id} --as alice`)).toContain('carol');
  // On this start's ports, and with its configuration.
  const findings = JSON.parse(await paste('npx sallyport doctor --json')) as Record<string, string>[];
  expect(findings.filter(({ verdict }) => verdict === 'problem')).toEqual([]);
  expect(findings).toContainEqual(expect.objectContaining({ check: 'back door of demo', verdict: 'ok' }));
  await interrupt(second);
}, 400_000);

test('a broker, a database, an identity provider and a model of your own take the place of the embedded ones', async () => {
  const secrets = await ensureSecrets(join(dir, 'theirs'));
  const [nats, postgres, idp, model] = await Promise.all([
    startNats({
      dir: join(dir, 'nats'),
      port: 0,
      config: natsAuthorization(secrets.natsPasswords),
      user: { name: 'topology', password: secrets.natsPasswords.topology as string },
    }),
    startPostgres({ dir: join(dir, 'postgres'), port: 0, logFile: join(dir, 'postgres.log') }),
    startIdentityProvider({ dir: join(dir, 'identity'), port: 0 }),
    startMockUpstream({ models: ['their-model'] }),
  ]);
  ending.push(
    () => nats.process.stop(),
    () => postgres.process.stop(),
    () => idp.stop(),
    () => model.stop(),
  );
  const env = {
    NATS_URL: nats.url,
    DATABASE_URL: postgres.superuserUrl,
    ...Object.fromEntries(
      Object.entries(secrets.natsPasswords).map(([user, password]) => [
        `SALLYPORT_NATS_${user.toUpperCase()}_PASSWORD`,
        password,
      ]),
    ),
  };
  const flags = ['--issuer', idp.issuer, '--model-url', model.baseUrl];
  const child = await start('foreign.log', flags, env);
  await until(child, 'foreign.log', 'Sallyport runs.');
  for (const part of ['identity', 'model', 'nats', 'postgres'])
    expect(await isPortFree(ports[part] as number)).toBe(true);
  const apiKey = await idp.mint({ user: 'dave' });
  const client = new OpenAI({ apiKey, baseURL: `http://127.0.0.1:${ports.ingress}/v1` });
  const answer = await client.chat.completions.create({
    model: 'their-model',
    messages: [{ role: 'user', content: 'Is anybody there?' }],
  });
  expect(answer.choices[0]?.message.content).toBe('Hello from the mock.');
  expect(model.calls()).toBe(1);
  await interrupt(child);
  const ready = await start('ready.log', [...flags, '--exit-when-ready'], env);
  expect((await ready.exited).code).toBe(0);
  expect(await said('ready.log')).toMatch(/Everything is ready in \d/);
}, 300_000);

/** The process of a service, as the running start remembers it. */
async function processOf(service: string): Promise<number> {
  const { children } = JSON.parse(await readFile(join(dir, 'state', 'processes.json'), 'utf8'));
  return (children as { name: string; pid: number }[]).find(({ name }) => name === service)?.pid ?? 0;
}
