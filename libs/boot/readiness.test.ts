import { expect, test } from '@jest/globals';
import { Readiness } from './readiness.ts';

test('a service is ready when every part says so', async () => {
  const readiness = new Readiness();
  let database = false;
  readiness.add('broker', () => true);
  readiness.add('database', async () => database);
  expect(await readiness.report()).toEqual({ ready: false, checks: { broker: true, database: false } });
  database = true;
  expect(await readiness.report()).toEqual({ ready: true, checks: { broker: true, database: true } });
});

test('a check that throws or rejects counts as failed, and the others are still asked', async () => {
  const readiness = new Readiness();
  readiness.add('throws', () => {
    throw new Error('x');
  });
  readiness.add('rejects', () => Promise.reject(new Error('x')));
  readiness.add('fine', () => true);
  expect(await readiness.report()).toEqual({
    ready: false,
    checks: { throws: false, rejects: false, fine: true },
  });
});

test('a service that closes takes no new work, whatever its parts say', async () => {
  const readiness = new Readiness();
  readiness.add('broker', () => true);
  readiness.close();
  expect((await readiness.report()).ready).toBe(false);
});
