import { readFile } from 'node:fs/promises';
import { configActivated, decodeEnvelope, type EventDefinition, type RevisionDetail } from '#contracts';
import type { Bus } from '#messaging';
import type { World } from '#testing';

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
