import { spawn } from 'node:child_process';

/** Runs a short program with this text on its standard input. Rejects where it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
  timeoutMs = 30_000,
): Promise<void> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'ignore', 'inherit'], timeout: timeoutMs });
  // It may end without reading.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`)),
    );
  });
}
