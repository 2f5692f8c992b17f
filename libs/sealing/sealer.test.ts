import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buckets, contentErased, encodeEnvelope, type ServiceName } from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { applyTopology, Bus, MissingDependencyError, natsAuthorization, natsUsers } from '#messaging';
import { eventually } from '#testing';
import { ContentErasedError, contentLabel, keyEncryptionKey, Sealer, SubjectNames } from './index.ts';

const passwords = Object.fromEntries(natsUsers.map((user) => [user, randomBytes(12).toString('hex')]));
const kek = keyEncryptionKey(randomBytes(32));
const label = contentLabel('req-1', 'body');
const clear = Buffer.from('the quarterly numbers of Ember & Grove');

let dir: string;
let server: NatsServer;
const opened: { close(): unknown }[] = [];

async function connect(user: ServiceName): Promise<Bus> {
  const bus = await Bus.connect({ url: server.url, user, password: passwords[user]! });
  opened.push(bus);
  return bus;
}
function sealerOn(bus: Bus, key = kek): Sealer {
  const sealer = new Sealer(bus, key);
  opened.unshift(sealer);
  return sealer;
}
const names = new SubjectNames(randomBytes(32));
const person = (subject: string) => names.of({ issuer: 'https://id.example.org', subject });

/** Destroys a key as audit does: its bytes in the stream's file are overwritten. */
async function erase(audit: Bus, subjectKey: string): Promise<void> {
  const stream = `KV_${buckets.keys}`;
  const found = await audit.readMessage({ lastOf: `$KV.${buckets.keys}.${subjectKey}` }, stream);
  const body = JSON.stringify({ seq: found!.sequence, no_erase: false });
  const reply = await audit.nc.request(`$JS.API.STREAM.MSG.DELETE.${stream}`, body);
  expect(reply.json()).toMatchObject({ success: true });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-sealing-'));
  server = await startNats({ dir, port: 0, config: natsAuthorization(passwords) });
  await applyTopology({ url: server.url, user: 'topology', password: passwords.topology! });
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('sealed content', () => {
  test('opens in another service with the same key, and is never the clear bytes', async () => {
    const sealed = await sealerOn(await connect('ingress')).seal(person('a'), label, clear);
    expect(sealed.includes(clear)).toBe(false);
    expect(await sealerOn(await connect('masking')).open(person('a'), label, sealed)).toEqual(clear);
  });

  test('opens under its own label and its own person only', async () => {
    const sealer = sealerOn(await connect('ingress'));
    const sealed = await sealer.seal(person('b'), label, clear);
    await sealer.seal(person('c'), label, clear);
    await expect(sealer.open(person('b'), contentLabel('req-2', 'body'), sealed)).rejects.toThrow();
    await expect(sealer.open(person('b'), contentLabel('req-1', 'reason'), sealed)).rejects.toThrow();
    await expect(sealer.open(person('c'), label, sealed)).rejects.toThrow();
  });

  test('has its data key in the bucket wrapped only: without the key-encryption key nothing opens', async () => {
    const sealed = await sealerOn(await connect('ingress')).seal(person('d'), label, clear);
    const stranger = sealerOn(await connect('policy'), keyEncryptionKey(randomBytes(32)));
    await expect(stranger.open(person('d'), label, sealed)).rejects.toBeInstanceOf(MissingDependencyError);
  });
});

describe('two replicas', () => {
  test('that meet a new person at the same time make one key', async () => {
    const buses = await Promise.all([connect('ingress'), connect('ingress'), connect('approval')]);
    const sealers = buses.map((bus) => sealerOn(bus));
    for (let round = 0; round < 10; round++) {
      const who = person(`new-${round}`);
      const sealed = await Promise.all(sealers.map((sealer) => sealer.seal(who, label, clear)));
      for (const sealer of sealers)
        for (const bytes of sealed) expect(await sealer.open(who, label, bytes)).toEqual(clear);
    }
  });
});

describe('erasing a person', () => {
  test('makes their content unreadable at once where the erasure is heard', async () => {
    const [ingress, audit] = [await connect('ingress'), await connect('audit')];
    const sealer = sealerOn(ingress);
    const who = person('gone');
    const sealed = await sealer.seal(who, label, clear);
    expect(await sealer.open(who, label, sealed)).toEqual(clear);
    await erase(audit, who);
    await audit.publish(contentErased.subject(), encodeEnvelope({ subjectKey: who, at: 1 }));
    await eventually(
      () => expect(sealer.open(who, label, sealed)).rejects.toBeInstanceOf(ContentErasedError),
      { timeoutMs: 2000 },
    );
  });

  test('makes it unreadable within five seconds where it is not heard', async () => {
    const sealer = sealerOn(await connect('masking'));
    const who = person('unheard');
    const sealed = await sealerOn(await connect('ingress')).seal(who, label, clear);
    expect(await sealer.open(who, label, sealed)).toEqual(clear);
    await erase(await connect('audit'), who);
    await eventually(
      () => expect(sealer.open(who, label, sealed)).rejects.toBeInstanceOf(ContentErasedError),
      { timeoutMs: 5500 },
    );
  });

  test('leaves no byte of the wrapped key in the broker’s files', async () => {
    const who = person('shredded');
    const bus = await connect('ingress');
    await sealerOn(bus).seal(who, label, clear);
    const entry = await (await bus.bucket(buckets.keys)).get(who);
    const { wrapped } = entry!.json<{ wrapped: string }>();
    const store = join(dir, 'jetstream');
    const filesWith = async (text: string) => {
      const names = await readdir(store, { recursive: true, withFileTypes: true });
      const files = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
      const contents = await Promise.all(files.map((file) => readFile(file).catch(() => Buffer.alloc(0))));
      return contents.filter((bytes) => bytes.includes(text)).length;
    };
    await eventually(async () => expect(await filesWith(wrapped)).toBeGreaterThan(0));
    await erase(await connect('audit'), who);
    await eventually(async () => expect(await filesWith(wrapped)).toBe(0));
  });

  test('gives who comes back a new key, under which the old content is erased, not broken', async () => {
    const sealer = sealerOn(await connect('ingress'));
    const who = person('back');
    const before = await sealer.seal(who, label, clear);
    await erase(await connect('audit'), who);
    const later = sealerOn(await connect('ingress'));
    const after = await later.seal(who, label, clear);
    expect(await later.open(who, label, after)).toEqual(clear);
    await expect(later.open(who, label, before)).rejects.toBeInstanceOf(ContentErasedError);
  });
});

test('masking, which meets nobody new, makes no keys', async () => {
  const sealer = sealerOn(await connect('masking'));
  await expect(sealer.seal(person('stranger'), label, clear)).rejects.toBeInstanceOf(MissingDependencyError);
});

test('without the broker, sealing waits for it instead of going on in clear', async () => {
  const bus = await connect('ingress');
  const sealer = sealerOn(bus);
  await bus.nc.close();
  await expect(sealer.seal(person('nobody'), label, clear)).rejects.toBeInstanceOf(MissingDependencyError);
});
