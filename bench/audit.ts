import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { serviceNames } from '#contracts';
import { openDataSource } from '#database';
import { DATABASE, ensureDatabase, ensureSecrets, roleUrl, startNats, startPostgres } from '#embedded';
import { applyTopology, Bus, natsAuthorization } from '#messaging';
import { SubjectNames } from '#sealing';
import { CreateAudit1760000000200 } from '../services/audit/create-audit.migration.ts';
import { CreateGovernance1760000000400 } from '../services/audit/create-governance.migration.ts';
import { CreateKeptBody1760000000600 } from '../services/audit/keeping/create-kept-body.migration.ts';
import { eventsOfRequest, publishAll } from './audit-events.ts';
import type { WriterOrder, WriterUse } from './audit-writer.ts';

/**
 * How fast the audit service takes events out of the log into
 * a durable ledger (tree, checkpoints, sessions), beside a plain COPY of the same bytes in the same run.
 */

interface Result {
  events: number;
  bytesPerEvent: number;
  ledger: { seconds: number; eventsPerSecond: number; nodeUsPerRequest: number };
  sessions: { seconds: number };
  copy: { seconds: number; eventsPerSecond: number };
  ratio: number;
  postgresUsPerRequest: number | null;
  diskBytesPerEvent: number;
}

async function openParts(dir: string) {
  const secrets = await ensureSecrets(join(dir, 'secrets'));
  const [nats, postgres] = await Promise.all([
    startNats({ dir: join(dir, 'nats'), port: 0, config: natsAuthorization(secrets.natsPasswords) }),
    startPostgres({ dir: join(dir, 'postgres'), port: 0 }),
  ]);
  const roles = serviceNames.map((name) => ({ name, password: secrets.databasePasswords[name] }));
  await ensureDatabase(postgres.superuserUrl, DATABASE, roles);
  const login = (user: string) => ({
    url: nats.url,
    user,
    password: secrets.natsPasswords[user] as string,
  });
  await applyTopology(login('topology'));
  const buses = Object.fromEntries(
    await Promise.all(
      ['ingress', 'policy', 'masking'].map(async (user) => [user, await Bus.connect(login(user))]),
    ),
  ) as Record<'ingress' | 'policy' | 'masking', Bus>;
  const password = secrets.databasePasswords.audit;
  const databaseUrl = roleUrl(postgres.superuserUrl, { name: 'audit', password }, DATABASE);
  return { nats, postgres, buses, databaseUrl, natsPassword: login('audit').password };
}

/** CPU that the server's processes have used, ms; null where the system doesn't tell. */
async function postgresCpuMs(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const { readFile, readdir } = await import('node:fs/promises');
  try {
    const stat = async (pid: string) =>
      (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    const parent = (await stat(String(rows[0]?.pid)))[1];
    let ticks = 0;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const fields = await stat(pid).catch(() => []);
      if (fields[1] === parent || pid === parent) ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks * 10;
  } catch {
    return null;
  }
}

async function startWriter(order: WriterOrder): Promise<ChildProcess> {
  const child = fork(
    fileURLToPath(
      new URL(import.meta.url.endsWith('.ts') ? './audit-writer.ts' : './audit-writer.js', import.meta.url),
    ),
  );
  await answerOf(child, order);
  return child;
}

async function answerOf<T>(child: ChildProcess, message: object | string): Promise<T> {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0] as T;
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function measure(requests: number): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-bench-audit-'));
  const { nats, postgres, buses, databaseUrl, natsPassword } = await openParts(dir);
  const source = await openDataSource({
    ...{ url: databaseUrl, schema: 'audit', entities: [] },
    migrations: [CreateAudit1760000000200, CreateGovernance1760000000400, CreateKeptBody1760000000600],
  });
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('set search_path = audit');
  try {
    const [subjectNames, kek] = [randomBytes(32), randomBytes(32)];
    const events = await eventsOfRequest(requests, new SubjectNames(subjectNames));
    await publishAll(buses, events);
    const count = requests * 3;
    const writer = await startWriter({
      ...{ natsUrl: nats.url, natsPassword, databaseUrl },
      ...{ subjectNames: subjectNames.toString('hex'), kek: kek.toString('hex') },
    });
    const reached = async (column: 'sequence' | 'projected') =>
      Number((await client.query(`select ${column} as at from writer_state`)).rows[0].at);
    const serverBefore = await postgresCpuMs(client);
    const startMs = performance.now();
    writer.send('start');
    await until(async () => (await reached('sequence')) >= count);
    const ledgerSeconds = (performance.now() - startMs) / 1000;
    await until(async () => (await reached('projected')) >= count);
    const sessionSeconds = (performance.now() - startMs) / 1000;
    const use = await answerOf<WriterUse>(writer, 'use');
    const serverAfter = await postgresCpuMs(client);
    writer.send('stop');
    await once(writer, 'exit');
    const size = await client.query(
      `select sum(pg_total_relation_size(c.oid)) as bytes from pg_class c
       where c.relnamespace = 'audit'::regnamespace and c.relkind = 'r'`,
    );
    const copySeconds = await plainCopy(client, events);
    return {
      events: count,
      bytesPerEvent: Math.round(events.reduce((sum, { payload }) => sum + payload.length, 0) / count),
      ledger: {
        seconds: ledgerSeconds,
        eventsPerSecond: count / ledgerSeconds,
        nodeUsPerRequest: use.cpuUs / requests,
      },
      sessions: { seconds: sessionSeconds },
      copy: { seconds: copySeconds, eventsPerSecond: count / copySeconds },
      ratio: copySeconds / ledgerSeconds,
      postgresUsPerRequest:
        serverBefore === null || serverAfter === null
          ? null
          : ((serverAfter - serverBefore) * 1000) / requests,
      diskBytesPerEvent: Number(size.rows[0].bytes) / count,
    };
  } finally {
    await client.end();
    await source.destroy();
    for (const bus of Object.values(buses)) await bus.close();
    await Promise.all([nats.stop(), postgres.stop()]);
    await rm(dir, { recursive: true, force: true });
  }
}

/** The same payloads into a table of two columns, in the same batches: what the disk and the protocol cost alone. */
async function plainCopy(client: pg.Client, events: readonly { payload: Uint8Array }[]): Promise<number> {
  await client.query(
    'create table plain (sequence bigint primary key, payload bytea) with (toast_tuple_target = 8160)',
  );
  await client.query('alter table plain alter column payload set storage external');
  const startMs = performance.now();
  for (let from = 0; from < events.length; from += 2000) {
    const rows = events.slice(from, from + 2000);
    const parts = [Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')];
    rows.forEach(({ payload }, i) => {
      const head = Buffer.alloc(18);
      head.writeInt16BE(2, 0);
      head.writeInt32BE(8, 2);
      head.writeBigInt64BE(BigInt(from + i), 6);
      head.writeInt32BE(payload.length, 14);
      parts.push(head, Buffer.from(payload));
    });
    parts.push(Buffer.from([0xff, 0xff]));
    await client.query('begin');
    const stream = client.query(copyFrom('copy plain from stdin binary'));
    stream.end(Buffer.concat(parts));
    await finished(stream);
    await client.query('commit');
  }
  return (performance.now() - startMs) / 1000;
}

/** `npm run bench -- audit [--requests 20000] [--quick] [--json]`. */
export async function benchAudit(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--requests');
  const usual = args.includes('--quick') ? 5000 : 20_000;
  const result = await measure(at < 0 ? usual : Number(args[at + 1]));
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
  if (args.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ machine, ...result })}\n`);
    return;
  }
  const { ledger, copy, sessions } = result;
  const lines = [
    machine,
    `events               ${result.events} of ${result.bytesPerEvent} bytes (three a request)`,
    `ledger               ${Math.round(ledger.eventsPerSecond)} events/s, ${ledger.seconds.toFixed(2)} s; sessions ${sessions.seconds.toFixed(2)} s`,
    `plain COPY           ${Math.round(copy.eventsPerSecond)} events/s, ${copy.seconds.toFixed(2)} s`,
    `ratio                ${result.ratio.toFixed(2)}`,
    `CPU per request      Node ${ledger.nodeUsPerRequest.toFixed(0)} µs, Postgres ${result.postgresUsPerRequest?.toFixed(0) ?? '?'} µs`,
    `disk per event       ${Math.round(result.diskBytesPerEvent)} bytes`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
