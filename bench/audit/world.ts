import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type DataSource } from 'typeorm';
import { serviceNames, streams } from '#contracts';
import { openDataSource } from '#database';
import {
  DATABASE,
  ensureDatabase,
  ensureSecrets,
  roleUrl,
  serviceNodeOptions,
  startNats,
  startPostgres,
} from '#embedded';
import { applyTopology, Bus, natsAuthorization } from '#messaging';
import { keyEncryptionKey, Sealer, SubjectNames } from '#sealing';
import { auditMigrations } from '../../services/audit/migrations.ts';
import { createPlain } from './copy.ts';
import { type BenchEvent, EventSource, publishAll } from './events.ts';
import type { WriterMessage, WriterOrder, WriterUse } from './writer-main.ts';

/** A broker, a database, and the ledger's writer as a process. */
export interface AuditBench {
  readonly client: pg.Client;
  readonly source: DataSource;
  readonly events: EventSource;
  readonly sealer: Sealer;
  /** What people's names are made from. */
  readonly subjectNames: Buffer;
  /** A bus with audit's rights. */
  readonly audit: Bus;
  publish(events: readonly BenchEvent[]): Promise<void>;
  /** Empties the log: everything in it is recorded. */
  emptyLog(): Promise<void>;
  /** How far the ledger, its sessions and its word index are, in entries. */
  reached(what: 'recorded' | 'projected' | 'indexed'): Promise<number>;
  startWriter(): Promise<Writer>;
  /** CPU that the database's processes have used, ms; null where the system doesn't tell. */
  postgresCpuMs(): Promise<number | null>;
  /** CPU that the broker has used, ms; null where the system doesn't tell. */
  brokerCpuMs(): Promise<number | null>;
  stop(): Promise<void>;
}

export interface Writer {
  start(): void;
  index(): void;
  use(): Promise<WriterUse>;
  role(): Promise<string>;
  /** Stops writing; the process stays, and can start again. */
  halt(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const reachedSql = {
  recorded: 'select sequence as at from writer_state',
  projected: 'select projected as at from writer_state',
  indexed: 'select next_index as at from word_cursor',
};

/** Opens everything in a temporary folder. */
export async function openAuditBench(): Promise<AuditBench> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-bench-audit-'));
  const secrets = await ensureSecrets(join(dir, 'secrets'));
  const [nats, postgres] = await Promise.all([
    startNats({ dir: join(dir, 'nats'), port: 0, config: natsAuthorization(secrets.natsPasswords) }),
    startPostgres({ dir: join(dir, 'postgres'), port: 0 }),
  ]);
  const roles = serviceNames.map((name) => ({ name, password: secrets.databasePasswords[name] }));
  await ensureDatabase(postgres.superuserUrl, DATABASE, roles);
  const login = (user: string) => ({ url: nats.url, user, password: secrets.natsPasswords[user] as string });
  await applyTopology(login('topology'));
  const busOf = (user: string) => Bus.connect(login(user));
  const [ingress, policy, masking, audit, topology] = (await Promise.all(
    ['ingress', 'policy', 'masking', 'audit', 'topology'].map(busOf),
  )) as [Bus, Bus, Bus, Bus, Bus];
  const password = secrets.databasePasswords.audit;
  const databaseUrl = roleUrl(postgres.superuserUrl, { name: 'audit', password }, DATABASE);
  const source = await openDataSource({
    ...{ url: databaseUrl, schema: 'audit', entities: [], migrations: auditMigrations },
  });
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('set search_path = audit');
  await createPlain(client);
  const [subjectNames, kek] = [randomBytes(32), randomBytes(32)];
  const sealer = new Sealer(ingress, keyEncryptionKey(kek));
  const order: WriterOrder = {
    ...{ natsUrl: nats.url, natsPassword: login('audit').password, databaseUrl },
    ...{ subjectNames: subjectNames.toString('hex'), kek: kek.toString('hex') },
  };
  return {
    ...{ client, source, sealer, subjectNames, audit },
    events: new EventSource(sealer, new SubjectNames(subjectNames)),
    publish: (events) => publishAll({ ingress, policy, masking }, events),
    emptyLog: async () => void (await topology.nc.request(`$JS.API.STREAM.PURGE.${streams.events}`, '')),
    reached: async (what) => Number((await client.query(reachedSql[what])).rows[0].at),
    startWriter: () => startWriter(order),
    postgresCpuMs: () => cpuOfFamily(client),
    brokerCpuMs: () => cpuOfProcess(nats.process.pid),
    stop: async () => {
      sealer.close();
      await client.end();
      await source.destroy();
      await Promise.all([ingress, policy, masking, audit, topology].map((bus) => bus.close()));
      await Promise.all([nats.stop(), postgres.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startWriter(order: WriterOrder): Promise<Writer> {
  const file = import.meta.url.endsWith('.ts') ? './writer-main.ts' : './writer-main.js';
  const execArgv = [...process.execArgv, ...serviceNodeOptions];
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv });
  await answerOf(child, order);
  const tell = (message: WriterMessage) => void child.send(message);
  return {
    start: () => tell('start'),
    index: () => tell('index'),
    use: () => answerOf<WriterUse>(child, 'use'),
    role: () => answerOf<string>(child, 'role'),
    halt: async () => void (await answerOf<string>(child, 'halt')),
    stop: async () => {
      const exited = once(child, 'exit');
      tell('stop');
      await exited;
    },
    kill: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function answerOf<T>(child: ChildProcess, message: WriterMessage): Promise<T> {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0] as T;
}

/** What Linux tells of a process behind its name (proc(5), `/proc/pid/stat`). */
async function stat(pid: string): Promise<string[]> {
  return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
}

async function cpuOfProcess(pid: number): Promise<number | null> {
  const fields = await stat(String(pid)).catch(() => null);
  return fields && (Number(fields[11]) + Number(fields[12])) * 10;
}

async function cpuOfFamily(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  try {
    const parent = (await stat(String(rows[0]?.pid)))[1];
    let ticks = 0;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const fields = await stat(pid).catch((): string[] => []);
      if (fields[1] !== parent && pid !== parent) continue;
      // User and system time of the process, and of those of its children that have ended.
      const own = pid === parent ? [11, 12, 13, 14] : [11, 12];
      for (const field of own) ticks += Number(fields[field]);
    }
    return ticks * 10;
  } catch {
    return null;
  }
}

/** Waits until something is so. */
export async function until(check: () => Promise<boolean>, everyMs = 10): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}
