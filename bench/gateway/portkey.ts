import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#embedded';

/** Pinned; its streams only work with this version of its HTTP server. */
const manifest = {
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2' },
  overrides: { '@hono/node-server': '1.3.3' },
};

/** Installs Portkey's gateway below `.sallyport/bench`, once. Returns its start script. */
export async function ensurePortkey(): Promise<string> {
  const dir = path.join(packageRoot(), '.sallyport', 'bench', 'portkey');
  const script = path.join(dir, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (existsSync(script)) return script;
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'package.json'), JSON.stringify(manifest));
  await promisify(execFile)('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: dir });
  return script;
}
