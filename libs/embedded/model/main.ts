import { readFileSync } from 'node:fs';
import { defaultRuntimeDir } from '../paths.ts';
import { startModelServer } from './model.ts';

const env = process.env;
const keyFile = env.SALLYPORT_MODEL_KEY_FILE;
if (keyFile === undefined) throw new Error('SALLYPORT_MODEL_KEY_FILE is not set');
const server = await startModelServer({
  port: Number(env.SALLYPORT_MODEL_PORT ?? 8086),
  apiKey: readFileSync(keyFile, 'utf8').trim(),
  runtimeDir: env.SALLYPORT_RUNTIME_DIR ?? defaultRuntimeDir(),
  onProgress: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`model listens at ${server.url}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void server.stop().then(() => process.exit(0)));
}
