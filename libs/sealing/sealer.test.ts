import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buckets, contentErased, encodeEnvelope, type ServiceName } from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { applyTopology, Bus, MissingDependencyError, natsAuthorization, natsUsers } from '#messaging';
import { eventually } from '#testing';
import {
  ContentErasedError,
  contentLabel,
  dataKeyCacheMs,
  destroyKeys,
  environmentKeySource,
  fileKeySource,
  type KeyEncryptionKey,
  type KeyRing,
  keyEncryptionKey,
  keyRing,
  keySource,
  rotateKeys,
  Sealer,
  SubjectNames,
} from './index.ts';

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
function sealerOn(bus: Bus, key: KeyRing | KeyEncryptionKey = kek): Sealer {
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

  test('keeps no key that was asked for between the hearing of it and the destroying', async () => {
    const [ingress, audit] = [await connect('ingress'), await connect('audit')];
    const sealer = sealerOn(ingress);
    const who = person('going');
    const sealed = await sealer.seal(who, label, clear);
    await audit.publish(contentErased.subject(), encodeEnvelope({ subjectKey: who, at: 1 }));
    await eventually(() => expect(sealer.sealNow(who, label, clear)).toBeNull());
    expect(await sealer.open(who, label, sealed)).toEqual(clear);
    await erase(audit, who);
    await expect(sealer.open(who, label, sealed)).rejects.toBeInstanceOf(ContentErasedError);
    expect(dataKeyCacheMs).toBeLessThanOrEqual(5000);
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

describe('rotating the key-encryption key', () => {
  const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)].map((b) =>
    b.toString('hex'),
  ) as [...[string, string, string]];
  async function rotateAll(audit: Bus, ring: KeyRing): Promise<number> {
    let rotated = 0;
    for (let from: number | null = 1; from !== null; ) {
      const step = await rotateKeys(audit, ring, from, 3);
      [rotated, from] = [rotated + step.rotated, step.next];
    }
    return rotated;
  }

  test('leaves every byte of content as it was, twice in a row, and the retired key opens nothing any more', async () => {
    const [ingress, audit] = [await connect('ingress'), await connect('audit')];
    const people = Array.from({ length: 7 }, (_, i) => person(`rotated-${i}`));
    const before = sealerOn(ingress, keyRing(first));
    const sealed = await Promise.all(people.map((who) => before.seal(who, label, clear)));
    const known = { current: keyRing(second).current, retired: [keyRing(first).current, kek] };
    expect(await rotateAll(audit, known)).toBeGreaterThanOrEqual(people.length);
    expect(await rotateAll(audit, known)).toBe(0);
    const again = { current: keyRing(third).current, retired: [keyRing(second).current] };
    expect(await rotateAll(audit, again)).toBeGreaterThanOrEqual(people.length);
    const after = sealerOn(await connect('masking'), again);
    const retired = sealerOn(await connect('policy'), keyRing(second, first));
    for (const [i, who] of people.entries()) {
      expect(await after.open(who, label, sealed[i]!)).toEqual(clear);
      await expect(retired.open(who, label, sealed[i]!)).rejects.toBeInstanceOf(Error);
    }
    // An erasure destroys a key that was moved, too.
    expect(await destroyKeys(audit, people[0]!)).toBe(1);
    const fresh = sealerOn(await connect('masking'), again);
    await expect(fresh.open(people[0]!, label, sealed[0]!)).rejects.toBeInstanceOf(ContentErasedError);
    // The other tests' keys go back under theirs.
    const back = { current: kek, retired: [keyRing(third).current] };
    expect(await rotateAll(audit, back)).toBeGreaterThan(0);
  });

  test('may be cut off anywhere: what stands in both places is finished the next time', async () => {
    const [ingress, audit] = [await connect('ingress'), await connect('audit')];
    const who = person('cut-off');
    const sealed = await sealerOn(ingress, keyRing(first)).seal(who, label, clear);
    const ring = keyRing(second, first);
    const keys = await audit.bucket(buckets.keys);
    const stored = (await keys.get(who))!.json<{ wrapped: string; createdAt: number }>();
    const dataKey = keyRing(first).current.unwrap(Buffer.from(stored.wrapped, 'base64'), who);
    const wrapped = ring.current.wrap(dataKey, who).toString('base64');
    await keys.create(
      `${who}.${ring.current.id}`,
      JSON.stringify({ ...stored, kek: ring.current.id, wrapped }),
    );
    expect(await sealerOn(await connect('policy'), ring).open(who, label, sealed)).toEqual(clear);
    await rotateAll(audit, { ...ring, retired: [...ring.retired, kek] });
    expect(await keys.get(who)).toBeNull();
    expect(await sealerOn(await connect('approval'), ring).open(who, label, sealed)).toEqual(clear);
    await rotateAll(audit, { current: kek, retired: [ring.current] });
  });

  test('reads keys from files or the environment, and says what is wrong with one', async () => {
    const folder = await mkdtemp(join(dir, 'keys-'));
    await writeFile(join(folder, 'kek.hex'), `${first}\n`);
    const alone = await fileKeySource(folder).read();
    expect([alone.current.id, alone.retired]).toEqual([keyRing(first).current.id, []]);
    await writeFile(join(folder, 'kek-retired.hex'), `${third}\n${second}\n${first}\n`);
    const { retired } = await keySource(folder, {}).read();
    expect(retired.map(({ id }) => id)).toEqual([third, second].map((hex) => keyRing(hex).current.id));
    const environment = { SALLYPORT_KEK: second, SALLYPORT_KEK_RETIRED: `${first},${third}` };
    const named = await keySource(folder, environment).read();
    expect([named.current, ...named.retired].map(({ id }) => id)).toEqual(
      [second, first, third].map((hex) => keyRing(hex).current.id),
    );
    await expect(environmentKeySource({ SALLYPORT_KEK: 'short' }).read()).rejects.toThrow('64 hex digits');
    await expect(fileKeySource(join(folder, 'nowhere')).read()).rejects.toThrow('ENOENT');
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
