import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSettings, SettingsError } from './settings.ts';

let dir: string;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-settings-'));
  await writeFile(join(dir, 'nats-password'), 'p4ss\n');
  environment = { NATS_PASSWORD_FILE: join(dir, 'nats-password'), SALLYPORT_SECRETS_DIR: dir };
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('what is not said has a default that binds to this machine only', () => {
  expect(readSettings('ingress', environment)).toMatchObject({
    service: 'ingress',
    natsUrl: 'nats://127.0.0.1:4322',
    natsUser: 'ingress',
    natsPassword: 'p4ss',
    databaseUrl: undefined,
    bind: '127.0.0.1',
    port: 8080,
    secretsDir: dir,
    issuer: undefined,
    audience: 'sallyport',
    instance: 'ingress-1',
    logLevel: 'info',
  });
});

test('each service listens on its own port and reads its own variable', () => {
  const ports = { ...environment, SALLYPORT_AUDIT_PORT: '9000', SALLYPORT_INGRESS_PORT: '9001' };
  expect(readSettings('audit', ports).port).toBe(9000);
  expect(readSettings('policy', ports).port).toBe(8083);
});

describe('a wrong setting is named, with what was expected', () => {
  test.each([
    [{ SALLYPORT_SECRETS_DIR: undefined }, 'SALLYPORT_SECRETS_DIR'],
    [{ NATS_PASSWORD_FILE: undefined }, 'NATS_PASSWORD_FILE is not set'],
    [{ SALLYPORT_INGRESS_PORT: '70000' }, 'SALLYPORT_INGRESS_PORT'],
    [{ SALLYPORT_INGRESS_PORT: 'http' }, 'SALLYPORT_INGRESS_PORT'],
    [{ SALLYPORT_ISSUER: 'not a url' }, 'SALLYPORT_ISSUER'],
    [{ SALLYPORT_INSTANCE: 'Pod_1' }, 'SALLYPORT_INSTANCE'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ])('%j', (change, variable) => {
    const read = () => readSettings('ingress', { ...environment, ...change });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(variable);
  });

  test('and several at once in one message', () => {
    const read = () => readSettings('ingress', { LOG_LEVEL: 'loud' });
    expect(read).toThrow(/NATS_PASSWORD_FILE.*SALLYPORT_SECRETS_DIR.*LOG_LEVEL/s);
  });

  test('a password file that is not there is named too', () => {
    const read = () => readSettings('ingress', { ...environment, NATS_PASSWORD_FILE: join(dir, 'gone') });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow('NATS_PASSWORD_FILE');
  });
});
