import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { configActivated, decodeEnvelope, type EventDefinition, type RevisionDetail } from '#contracts';
import type { Bus } from '#messaging';
import { sallyportArguments, type World } from '#testing';

interface Answer<T> {
  status: number;
  body: T;
}

/** Calls the policy service's REST API as somebody. */
export async function policyApi<T = RevisionDetail>(
  world: World,
  user: string,
  path: string,
  body?: object,
): Promise<Answer<T>> {
  const response = await fetch(`${world.urlOf('policy')}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${await world.tokenFor(user)}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

/** The world's document with something changed. */
export async function changed(world: World, from: string, to: string) {
  const text = (await readFile(world.configFile, 'utf8')).replace(from, to);
  return [{ name: 'sallyport.yaml', text }];
}

/** Every stored event of a kind, in order. */
export async function eventsOf<D extends EventDefinition>(
  bus: Bus,
  event: D,
): Promise<ReturnType<D['schema']['parse']>[]> {
  const found = [];
  for (let sequence = 1; ; ) {
    const message = await bus.readMessage({ sequence, subject: event.filter() });
    if (!message) return found as never;
    sequence = message.sequence + 1;
    found.push(event.schema.parse(decodeEnvelope(message.payload).head));
  }
}

/** `config.activated` events so far. */
export const activations = (bus: Bus) => eventsOf(bus, configActivated);

const run = promisify(execFile);

/** Runs `sallyport …` in a process of its own, as a person. */
export function runSallyport(
  world: World,
  user: string,
  ...args: string[]
): Promise<{ code: number; out: string; error: string }> {
  const env = {
    ...process.env,
    SALLYPORT_POLICY_URL: world.urlOf('policy'),
    SALLYPORT_APPROVAL_URL: world.urlOf('approval'),
    SALLYPORT_AUDIT_URL: world.urlOf('audit'),
    SALLYPORT_ISSUER: world.idp.issuer,
    SALLYPORT_STATE_DIR: world.dir,
  };
  return run(process.execPath, sallyportArguments(...args, '--as', user), { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      ...{ code, out: stdout, error: stderr },
    }),
  );
}
