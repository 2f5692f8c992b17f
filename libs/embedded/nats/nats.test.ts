import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { parseAptSources } from '../debian/apt-sources.ts';
import { ensureNats } from './binary.ts';
import { fetchRelease } from './from-release.ts';
import { startNats } from './nats.ts';
import { isNewEnough } from './version.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-nats-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const USERS = `authorization { users: [
  { user: "ingress", password: "one", permissions: { publish: ["evt.received", "$JS.API.INFO"], subscribe: ["_INBOX_ingress.>"] } },
  { user: "topology", password: "two" }
] }`;

describe('a started server', () => {
  test('takes only the users it was given and refuses what they are not allowed', async () => {
    const server = await startNats({
      dir,
      port: 0,
      config: USERS,
      user: { name: 'topology', password: 'two' },
    });
    try {
      await expect(connect({ servers: server.url, user: 'ingress', pass: 'wrong' })).rejects.toThrow();
      await expect(connect({ servers: server.url })).rejects.toThrow();
      const ingress = await connect({
        servers: server.url,
        user: 'ingress',
        pass: 'one',
        inboxPrefix: '_INBOX_ingress',
      });
      const refusals: string[] = [];
      const listening = (async () => {
        for await (const status of ingress.status()) {
          if (status.type === 'error') refusals.push(String(status.error.message));
        }
      })();
      ingress.publish('evt.released', 'forged');
      await ingress.flush();
      await ingress.close();
      await listening;
      expect(refusals.join()).toMatch(/Permissions Violation.*evt\.released/i);
    } finally {
      await server.stop();
    }
  });

  test('keeps its streams over a restart and its files unreadable without the key', async () => {
    const encryptionKeyFile = join(dir, 'key');
    await writeFile(encryptionKeyFile, 'a key of at least thirty-two characters', { mode: 0o600 });
    const options = { dir: join(dir, 'server'), port: 0, encryptionKeyFile };
    const first = await startNats(options);
    const writer = await connect({ servers: first.url });
    await (await jetstreamManager(writer)).streams.add({ name: 'KEPT', subjects: ['kept.>'] });
    const ack = await jetstream(writer).publish('kept.one', 'a-marker-in-clear');
    await writer.close();
    await first.stop();

    const block = await readFile(join(dir, 'server/jetstream/jetstream/$G/streams/KEPT/msgs/1.blk'));
    expect(block.length).toBeGreaterThan(0);
    expect(block.includes('a-marker-in-clear')).toBe(false);
    expect((await stat(join(dir, 'server/nats.conf'))).mode & 0o777).toBe(0o600);

    const second = await startNats(options);
    const reader = await connect({ servers: second.url });
    const message = await (await jetstreamManager(reader)).streams.getMessage('KEPT', { seq: ack.seq });
    expect(message?.string()).toBe('a-marker-in-clear');
    await reader.close();
    await second.stop();
  });

  test('that refuses its configuration is reported with the reason and leaves nothing running', async () => {
    await expect(startNats({ dir, port: 0, config: 'nonsense' })).rejects.toMatchObject({
      code: 'embedded.exited',
      message: expect.stringContaining('nats-server stopped at start'),
    });
  });
});

describe('finding a server', () => {
  test('a version below 2.10 is not used', () => {
    expect(['2.9.10', '1.4.1', '2.10.0', '2.15.1', '3.0.0'].map(isNewEnough)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test('a program that is not a nats-server is refused by name', async () => {
    await expect(ensureNats({ runtimeDir: dir, binary: '/bin/true' })).rejects.toMatchObject({
      code: 'embedded.tool_missing',
      message: expect.stringContaining('/bin/true'),
    });
  });

  test('a download with another checksum than the pinned one is not unpacked', async () => {
    const target = join(dir, 'nats', 'nats-server');
    const tampered = fetchRelease(
      target,
      () => undefined,
      async () => Buffer.from('not the release'),
    );
    await expect(tampered).rejects.toMatchObject({ code: 'embedded.no_network' });
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    [
      'one line',
      'deb http://mirror.test/debian bookworm main\ndeb http://other.test/x stable main',
      'bookworm',
      undefined,
    ],
    [
      'deb822',
      'Types: deb\nURIs: http://mirror.test/debian\nSuites: trixie trixie-updates\nComponents: main\nSigned-By: /k.gpg\n',
      'trixie',
      '/k.gpg',
    ],
    [
      'a signed line',
      'deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian sid main',
      'sid',
      '/k.gpg',
    ],
  ])('the mirror is read from the machine (%s)', (_format, text, suite, signedBy) => {
    const source = parseAptSources(text, 'debian');
    expect(source).toMatchObject({ uri: 'http://mirror.test/debian', suite });
    expect(source?.signedBy).toBe(signedBy);
  });

  test('a commented or foreign source is not taken for the distribution', () => {
    expect(parseAptSources('# deb http://mirror.test/debian bookworm main', 'debian')).toBeUndefined();
  });
});
