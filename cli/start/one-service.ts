import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSecrets, postgresSuperuserUrl, requireFreePorts, StartProblem } from '#embedded';
import { portFlag, type StartOptions } from './options.ts';
import { nothingRunning, openService, type StartContext, stopAll } from './parts.ts';
import type { Progress } from './progress.ts';

/**
 * `--only SERVICE`: one service beside a start that runs, with that start's state; ends with Ctrl-C.
 * @throws StartProblem when there is no such start.
 */
export async function startOne(
  options: StartOptions,
  progress: Progress,
  interrupted: Promise<void>,
): Promise<number> {
  const service = options.only;
  if (service === undefined) throw new Error('no service was named');
  if (!existsSync(join(options.stateDir, 'secrets', 'all.json'))) {
    throw new StartProblem(
      'embedded.not_ready',
      `Nothing was started yet in ${options.stateDir}`,
      'run npm start first',
    );
  }
  await requireFreePorts([{ part: service, port: options.ports[service], option: portFlag(service) }]);
  const secrets = await ensureSecrets(join(options.stateDir, 'secrets'), options.natsPasswords);
  const context: StartContext = {
    options,
    secrets,
    progress,
    running: nothingRunning(),
  };
  const changed = join(options.stateDir, 'sallyport.yaml');
  const database =
    options.databaseUrl === undefined
      ? { superuserUrl: await postgresSuperuserUrl(join(options.stateDir, 'postgres'), options.postgresPort) }
      : { databaseUrl: options.databaseUrl };
  try {
    const child = await openService(context, service, {
      ...database,
      natsUrl: options.natsUrl ?? `nats://127.0.0.1:${options.natsPort}`,
      ports: options.ports,
      secrets,
      configFile: existsSync(changed) ? changed : options.configFile,
      stateDir: options.stateDir,
      issuer: options.issuer ?? `http://127.0.0.1:${options.identityPort}`,
      audience: options.audience,
      bind: options.bind,
    });
    if (options.exitWhenReady) return 0;
    progress.tell({
      event: 'note',
      text: `${service} runs at http://127.0.0.1:${options.ports[service]}. Ctrl-C stops it.`,
    });
    const exit = await Promise.race([child.exited, interrupted]);
    return exit === undefined ? 0 : 1;
  } finally {
    await stopAll(context.running);
  }
}
