import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, packageRoot, type RunningProcess, startProcess } from '#embedded';
import { eventually } from '#testing';
import type { Shot } from './load.ts';
import { ensurePortkey } from './portkey.ts';

/** What a contender is asked: a JSON answer, a stream, or a stream that is masked. */
export type Kind = 'json' | 'stream' | 'masked stream';

/** Something that stands between the client and the mock model server. */
export interface Contender {
  name: string;
  kinds: readonly Kind[];
  pids: readonly number[];
  shot(kind: Kind, prompt: string): Shot;
  /** Resolves when nothing is left to do for what was sent. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/** The request body that every contender gets. */
export function bodyOf(model: string, prompt: string, stream: boolean): Buffer {
  const messages = [{ role: 'user', content: prompt }];
  return Buffer.from(JSON.stringify({ model, messages, ...(stream && { stream: true }) }));
}

function plainShot(url: string, headers: Record<string, string> = {}): Contender['shot'] {
  return (kind, prompt) => ({
    url: `${url}/v1/chat/completions`,
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench', ...headers },
    body: bodyOf('bench', prompt, kind !== 'json'),
  });
}

/** Starts one of this folder's programs and reads the port it says. */
async function startOwn(
  file: string,
  args: readonly string[],
): Promise<{ child: RunningProcess; url: string }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sallyport-bench-'));
  const logFile = path.join(dir, 'log');
  const script = path.join(packageRoot(), 'dist', 'bench', 'gateway', file);
  const child = await startProcess({
    name: file,
    command: process.execPath,
    args: [script, ...args],
    logFile,
  });
  const { readFile } = await import('node:fs/promises');
  const port = await eventually(async () => {
    const [, said] = /^ready (\d+)$/m.exec(await readFile(logFile, 'utf8')) ?? [];
    if (said === undefined) throw new Error(`${file} did not start`);
    return said;
  });
  return { child, url: `http://127.0.0.1:${port}` };
}

/** The mock model server, asked without anything in between. */
export async function startDirect(): Promise<Contender & { url: string }> {
  const { child, url } = await startOwn('upstream-main.js', []);
  const pids: number[] = [];
  return {
    name: 'direct',
    url,
    kinds: ['json', 'stream'],
    pids,
    shot: plainShot(url),
    settled: nothing,
    stop: () => child.stop(),
  };
}

export async function startNodeProxy(upstream: string): Promise<Contender> {
  const { child, url } = await startOwn('node-proxy-main.js', [upstream]);
  return {
    name: 'node proxy',
    kinds: ['json', 'stream'],
    pids: [child.pid],
    shot: plainShot(url),
    settled: nothing,
    stop: () => child.stop(),
  };
}

/** nginx, where the machine has it. */
export async function startNginx(upstream: string): Promise<Contender | undefined> {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const dir = await mkdtemp(path.join(tmpdir(), 'sallyport-bench-nginx-'));
  const [port = 0] = await freePorts(1);
  const { host } = new URL(upstream);
  const config = `daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s; client_max_body_size 32m;
  upstream model { server ${host}; keepalive 256; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://model; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_buffering off; } } }`;
  await writeFile(path.join(dir, 'nginx.conf'), config);
  const args = ['-c', path.join(dir, 'nginx.conf'), '-p', dir];
  const child = await startProcess({ name: 'nginx', command: 'nginx', args, logFile: path.join(dir, 'log') });
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${url}/`).catch(Promise.reject.bind(Promise)));
  return {
    name: 'nginx',
    kinds: ['json', 'stream'],
    pids: [child.pid],
    shot: plainShot(url),
    settled: nothing,
    stop: () => child.stop(),
  };
}

export async function startPortkey(upstream: string): Promise<Contender> {
  const script = await ensurePortkey();
  const [port = 0] = await freePorts(1);
  const dir = await mkdtemp(path.join(tmpdir(), 'sallyport-bench-portkey-'));
  const args = [script, `--port=${port}`, '--headless'];
  const logFile = path.join(dir, 'log');
  const child = await startProcess({ name: 'portkey', command: process.execPath, args, logFile });
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${url}/`).then(({ status }) => status));
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` };
  return {
    name: 'Portkey 1.15.2',
    kinds: ['json', 'stream'],
    pids: [child.pid],
    shot: plainShot(url, headers),
    settled: nothing,
    stop: () => child.stop(),
  };
}
