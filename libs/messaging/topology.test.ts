import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ConsumerAPI, jetstreamManager } from '@nats-io/jetstream';
import { approvalDecided, streams } from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { Bus } from './bus.ts';
import { natsAuthorization, natsUsers } from './permissions.ts';
import { applyTopology, consumerSpecs, consumers } from './topology.ts';

const passwords = Object.fromEntries(natsUsers.map((user) => [user, `secret-${user}`]));
const password = passwords.topology as string;
let dir: string;
let server: NatsServer;

const start = () => startNats({ dir, port: 0, config: natsAuthorization(passwords) });
const apply = () => applyTopology({ url: server.url, user: 'topology', password });

async function withConsumers<T>(work: (made: ConsumerAPI) => Promise<T>): Promise<T> {
  const topology = await Bus.connect({ url: server.url, user: 'topology', password });
  try {
    return await work((await jetstreamManager(topology.nc)).consumers);
  } finally {
    await topology.close();
  }
}
const filterOf = async (made: ConsumerAPI) =>
  (await made.info(streams.events, consumers.auditDecided)).config.filter_subject;
const asMadeEarlier = (made: ConsumerAPI) =>
  made.update(streams.events, consumers.auditDecided, { filter_subject: 'evt.earlier.v1' });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-topology-'));
  server = await start();
  await apply();
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test('can be applied again without a change', async () => {
  await apply();
});

test('brings consumers that an earlier version made up to date', async () => {
  await withConsumers(async (made) => {
    const wanted = await filterOf(made);
    await asMadeEarlier(made);
    expect(await filterOf(made)).toBe('evt.earlier.v1');
    await apply();
    expect(await filterOf(made)).toBe(wanted);
  });
});

test('does so right after the broker was started anew, when it answers with what it has read from its disk', async () => {
  await withConsumers(asMadeEarlier);
  await server.stop();
  server = await start();
  await apply();
  expect(await withConsumers(filterOf)).toBe(approvalDecided.subject('change'));
});

test('lets a vote wake the ledger only: who acts on changes hears of changes', () => {
  const hear = (gate: string) =>
    consumerSpecs()
      .map(({ config }) => config)
      .filter(({ filter_subject: filter }) => [approvalDecided.subject(gate), 'evt.>'].includes(filter))
      .map(({ durable_name }) => durable_name);
  expect(hear('prompt')).toEqual([consumers.auditAll]);
  expect(hear('change')).toEqual([consumers.policyDecided, consumers.auditAll, consumers.auditDecided]);
  expect(consumerSpecs().some(({ config }) => config.filter_subject === approvalDecided.filter())).toBe(
    false,
  );
});
