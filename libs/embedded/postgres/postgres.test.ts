import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from './postgres.ts';
import { ensureDatabase, roleUrl } from './roles.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-pg-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const approval = { name: 'approval', password: 'one' };
const audit = { name: 'audit', password: 'two/with:signs@' };

describe('a started Postgres', () => {
  test('keeps data over a restart and gives each role its own schema only', async () => {
    const first = await startPostgres({ dir, port: 0 });
    await ensureDatabase(first.superuserUrl, 'sallyport', [approval, audit]);
    const asApproval = roleUrl(first.superuserUrl, approval, 'sallyport');
    const asAudit = roleUrl(first.superuserUrl, audit, 'sallyport');
    await query(asApproval, 'create table votes (id int)');
    await query(asApproval, 'insert into votes values (7)');
    await expect(query(asAudit, 'select * from approval.votes')).rejects.toThrow(/permission denied/);
    await expect(query(asApproval, 'create table public.anything (id int)')).rejects.toThrow(
      /permission denied/,
    );
    await expect(query(asApproval.replace('one', 'wrong'), 'select 1')).rejects.toThrow(/authentication/);
    await first.stop();

    const second = await startPostgres({ dir, port: 0 });
    await ensureDatabase(second.superuserUrl, 'sallyport', [approval, audit]);
    expect(
      await query(roleUrl(second.superuserUrl, approval, 'sallyport'), 'select id from approval.votes'),
    ).toEqual([{ id: 7 }]);
    await second.stop();
  });

  test('runs in a folder that others may not enter, and its files are closed to others', async () => {
    const closed = join(dir, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o700);
    const server = await startPostgres({ dir: join(closed, 'pg'), port: 0, durable: false });
    expect(await query(server.superuserUrl, 'show fsync')).toEqual([{ fsync: 'off' }]);
    await server.stop();
    expect((await stat(join(closed, 'pg/data'))).mode & 0o077).toBe(0);
    expect((await stat(join(closed, 'pg/superuser-password'))).mode & 0o077).toBe(0);
    expect(await readdir(join(closed, 'pg'))).not.toContain('superuser-password.initdb');
  });

  test('that can not start is reported with the log', async () => {
    const failing = startPostgres({ dir, port: 0, settings: { no_such_setting: '1' } });
    await expect(failing).rejects.toMatchObject({
      code: 'embedded.exited',
      message: expect.stringContaining('no_such_setting'),
    });
    expect(await readFile(join(dir, 'postgres.log'), 'utf8')).toContain('no_such_setting');
  });

  test('a database name that is not a plain word is refused', async () => {
    await expect(ensureDatabase('postgres://nowhere', 'a; drop', [])).rejects.toThrow(
      'not a plain database name',
    );
  });
});
