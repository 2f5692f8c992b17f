import type { ChildProcess } from 'node:child_process';
import pg from 'pg';
import { serviceNames } from '#contracts';
import { eventually, type World } from '#testing';
import { cpuMs } from '../gateway/cpu.ts';
import type { HoldOrder, HoldReport } from './holder-main.ts';

const batch = 200;
/** So many may be on their way to being held: enough that no service waits for another. */
const onTheWay = 600;
/** A principal may have so many pending; people are many. */
const perPerson = 100;
const settledWithinMs = 120_000;

/** Parks so many, and resolves when every one of them is held and waits. */
export async function park(world: World, holder: ChildProcess, n: number): Promise<void> {
  const reports: HoldReport[] = [];
  holder.on('message', (report: HoldReport) => reports.push(report));
  const { DATABASE_URL } = world.environment('approval');
  const database = new pg.Client({ connectionString: DATABASE_URL });
  await database.connect();
  const url = `${world.urlOf('ingress')}/v1/chat/completions`;
  const progress = progressOf(world, holder);
  const held = (count: number) =>
    eventually(
      async () => {
        const wrong = reports.find(({ kind }) => kind !== 'streaming');
        if (wrong) throw new Error(`a connection was not held: ${wrong.kind} ${wrong.text}`);
        const now = await pending(database);
        progress(now);
        if (now < count) throw new Error(`${now} of ${count} are held`);
      },
      { timeoutMs: settledWithinMs, everyMs: 50 },
    );
  for (let from = 0; from < n; from += batch) {
    const count = Math.min(batch, n - from);
    const user = `person-${Math.floor(from / perPerson)}`;
    const token = await world.idp.mint({ user, groups: ['contractors'], expiresInSeconds: 7200 });
    holder.send({ url, token, from, count } satisfies HoldOrder);
    await held(Math.max(0, from + count - onTheWay));
  }
  await held(n);
  await database.end();
  await eventually(
    async () => {
      const streams = reports.length;
      if (streams < Math.floor(n / 2)) throw new Error(`${streams} streams have begun`);
      const clients = await waiting(world);
      if (clients < n) throw new Error(`${clients} clients wait`);
    },
    { timeoutMs: settledWithinMs, everyMs: 200 },
  );
}

/** Says every thousand how fast it goes, and what each parked request cost each process. */
function progressOf(world: World, holder: ChildProcess): (parked: number) => void {
  const [nats = 0, postgres = 0] = world.serverPids;
  const services = serviceNames.map((name) => ({ name: name as string, pid: world.service(name).pid }));
  const processes = [
    ...services,
    { name: 'nats', pid: nats },
    { name: 'postgres', pid: postgres },
    { name: 'clients', pid: holder.pid ?? 0 },
  ];
  const used = () => processes.map(({ pid }) => cpuMs([pid]));
  let [at, before, last] = [performance.now(), used(), 0];
  return (parked) => {
    if (parked - last < 1000) return;
    const [now, after, count] = [performance.now(), used(), parked - last];
    const each = processes.map(({ name }, k) => {
      const ms = ((after[k] ?? 0) - (before[k] ?? 0)) / count;
      return `${name} ${ms.toFixed(1)}`;
    });
    const perSecond = (count * 1000) / (now - at);
    console.log(`${parked} parked, ${perSecond.toFixed(0)}/s; CPU ms each: ${each.join(', ')}`);
    [at, before, last] = [now, after, parked];
  };
}

async function pending(database: pg.Client): Promise<number> {
  const { rows } = await database.query(
    "SELECT count(*)::int AS n FROM approval_request WHERE state = 'pending'",
  );
  return (rows[0] as { n: number }).n;
}

/** Clients that the ingress counts as waiting. */
export async function waiting(world: World): Promise<number> {
  const text = await (await fetch(`${world.urlOf('ingress')}/metrics`)).text();
  return Number(/^sallyport_clients_waiting(?:\{.*\})? (\d+)/m.exec(text)?.[1] ?? 0);
}
