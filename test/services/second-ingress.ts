import { join } from 'node:path';
import { freePort } from '#embedded';
import { startProgram, type World } from '#testing';

/** Another replica of a service, beside the world's own. */
export interface Replica {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one more ingress on the same broker. */
export async function startSecondIngress(world: World, name = 'ingress-2'): Promise<Replica> {
  const port = await freePort();
  const child = await startProgram({
    name,
    program: 'services/ingress/main',
    env: {
      ...world.environment('ingress'),
      SALLYPORT_INGRESS_PORT: String(port),
      SALLYPORT_INSTANCE: name,
    },
    logFile: join(world.dir, `${name}.log`),
    readyUrl: `http://127.0.0.1:${port}/readyz`,
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stop(5000) };
}
