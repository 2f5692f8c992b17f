import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import pg from 'pg';
import { serviceNames } from '#contracts';
import { secretFiles } from '#sealing';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

test('a world leaves nothing behind', async () => {
  const other = await startWorld({ postgres: false });
  await other.stop();
  await expect(stat(other.dir)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(fetch(other.idp.issuer)).rejects.toThrow();
});

describe('secrets', () => {
  test('stand in files that only their owner reads, each service with its own only', async () => {
    for (const service of serviceNames) {
      const dir = world.secrets.dirOf(service);
      for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o077).toBe(0);
    }
    const holders = async (file: string) => {
      const found = await Promise.all(
        serviceNames.map(async (name) =>
          (await readdir(world.secrets.dirOf(name))).includes(file) ? [name] : [],
        ),
      );
      return found.flat().sort();
    };
    expect(await holders(secretFiles.approvalSigningKey)).toEqual(['approval']);
    expect(await holders(secretFiles.ledgerSigningKey)).toEqual(['audit']);
    expect(await holders(secretFiles.ruleReleaseKey)).toEqual(['masking', 'policy']);
    expect(await holders('model-credential')).toEqual(['masking']);
    expect(await holders(secretFiles.keyEncryptionKey)).toEqual([...serviceNames].sort());
    const { ledgerPreviousKey, ...always } = secretFiles;
    expect(await holders(ledgerPreviousKey)).toEqual([]);
    for (const file of Object.values(always)) expect(await holders(file)).not.toEqual([]);
  });

  test('never stand in a service’s environment, the database address excepted', async () => {
    for (const service of serviceNames) {
      const { DATABASE_URL, AUDIT_OWNER_DATABASE_URL, ...rest } = world.environment(service);
      const text = JSON.stringify(rest);
      for (const password of Object.values(world.secrets.natsPasswords)) expect(text).not.toContain(password);
      expect(text).not.toContain(await readFile(world.secrets.modelKeyFile, 'utf8'));
      expect(DATABASE_URL).toContain(`postgres://${service}:`);
      expect(AUDIT_OWNER_DATABASE_URL !== undefined).toBe(service === 'audit');
    }
  });
});

describe('the broker and the database', () => {
  test('know each service by its own name', async () => {
    const bus = await world.bus('ingress');
    await expect(bus.publisher.publish('evt.config.activated.v1', Buffer.from('x'), {})).rejects.toThrow();
    const client = new pg.Client({ connectionString: world.environment('approval').DATABASE_URL });
    await client.connect();
    expect((await client.query('select current_user, current_schema()')).rows).toEqual([
      { current_user: 'approval', current_schema: 'approval' },
    ]);
    await client.end();
  });

  test('come back on the same address after a kill', async () => {
    await world.stopNats('kill');
    await world.stopPostgres('kill');
    await world.startNatsAgain();
    await world.startPostgresAgain();
    const bus = await world.bus('policy');
    expect(bus.connected).toBe(true);
    const client = new pg.Client({ connectionString: world.superuserUrl });
    await client.connect();
    await client.end();
  });
});

describe('the mock upstream', () => {
  test('says what it is told, whole and in pieces, and counts', async () => {
    const client = new OpenAI({ baseURL: `${world.upstream.baseUrl}/v1`, apiKey: 'any', maxRetries: 0 });
    world.upstream.answer({ pieces: ['one ', 'two'] });
    const before = world.upstream.calls();
    const messages = [{ role: 'user' as const, content: 'hi' }];
    const whole = await client.chat.completions.create({ model: 'demo', messages });
    expect(whole.choices[0]?.message.content).toBe('one two');
    const pieces: string[] = [];
    for await (const event of await client.chat.completions.create({
      model: 'demo',
      messages,
      stream: true,
    })) {
      if (event.choices[0]?.delta.content) pieces.push(event.choices[0].delta.content);
    }
    expect(pieces).toEqual(['one ', 'two']);
    world.upstream.answer({ pieces: [], status: 503 });
    await expect(client.chat.completions.create({ model: 'demo', messages })).rejects.toMatchObject({
      status: 503,
    });
    expect(world.upstream.calls() - before).toBe(3);
    expect(JSON.parse(world.upstream.requests.at(-1)?.body ?? '').model).toBe('demo');
  });
});

describe('eventually', () => {
  test('gives the first result that does not throw', async () => {
    let tries = 0;
    const result = await eventually(() => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return tries;
    });
    expect(result).toBe(3);
  });

  test('throws the last error when the time is over', async () => {
    const never = eventually(() => expect(1).toBe(2), { timeoutMs: 60 });
    await expect(never).rejects.toThrow('toBe');
  });
});
