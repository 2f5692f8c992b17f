import { join } from 'node:path';
import pg from 'pg';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import type { Bus } from '#messaging';
import { readKeyEncryptionKey, Sealer, secretFiles } from '#sealing';
import { eventually, startWorld } from '#testing';
import { holdingPolicy } from '../holding-policy.ts';

/** Everything as it runs for users, a database that syncs to disk, and a model that only says when it was called. */
export interface Approvals {
  /** Asks as a contractor and doesn't wait; resolves with the held request. */
  hold(text: string): Promise<ApprovalDetail>;
  /** Votes; resolves with how long the answer took, in ms. */
  vote(seen: Pick<ApprovalDetail, 'id' | 'digest' | 'version'>, vote?: 'approve' | 'reject'): Promise<void>;
  list(query: string): Promise<ApprovalList>;
  stats(): Promise<void>;
  /** When the model is called for a text, by `performance.now()`. */
  called(text: string): Promise<number>;
  /** With the rights of the approval service's owner. */
  database: pg.Client;
  sealer: Sealer;
  databaseUrl: string;
  stopApproval(): Promise<void>;
  startApproval(): Promise<void>;
  /** As approval. */
  bus: Bus;
  stop(): Promise<void>;
}

export async function startApprovals(): Promise<Approvals> {
  const world = await startWorld({
    durable: true,
    config: ({ issuer, upstream }) => holdingPolicy(issuer, upstream),
  });
  await world.startServices();
  await keepLogFiles(world.superuserUrl);
  const called = new Map<string, (at: number) => void>();
  world.upstream.answer(({ body }) => {
    const asked = JSON.parse(body) as { messages: { content: string }[] };
    called.get(asked.messages[0]?.content ?? '')?.(performance.now());
    return { pieces: ['Yes.'] };
  });
  const [carol, alice] = await Promise.all(
    ['carol', 'alice'].map((user) => world.idp.mint({ user, expiresInSeconds: 7200 })),
  );
  const api = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(`${world.urlOf('approval')}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${alice}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const databaseUrl = world.environment('approval').DATABASE_URL ?? '';
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const bus = await world.bus('approval');
  const secretsDir = world.secrets.dirOf('approval');
  return {
    hold: async (text) => {
      const response = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          ...{ authorization: `Bearer ${carol}`, 'content-type': 'application/json' },
          prefer: 'respond-async',
        },
        body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: text }] }),
      });
      const id = response.headers.get('x-request-id') ?? '';
      if (response.status !== 202) throw new Error(`held: ${response.status} ${await response.text()}`);
      return eventually(() => api<ApprovalDetail>(`/v1/approvals/${id}`), { timeoutMs: 60_000, everyMs: 5 });
    },
    vote: async ({ id, digest, version }, vote = 'approve') => {
      const reason = vote === 'reject' ? { reason: 'measured' } : {};
      await api(`/v1/approvals/${id}/votes`, { vote, digest, version, ...reason });
    },
    list: (query) => api<ApprovalList>(`/v1/approvals?${query}`),
    stats: async () => void (await api('/v1/approvals/stats')),
    called: (text) => new Promise((resolve) => called.set(text, resolve)),
    database,
    databaseUrl,
    sealer: new Sealer(bus, await readKeyEncryptionKey(join(secretsDir, secretFiles.keyEncryptionKey))),
    stopApproval: () => world.service('approval').stop(),
    startApproval: async () => void (await world.startService('approval')),
    bus,
    stop: async () => {
      await database.end().catch(() => undefined);
      await world.stop();
    },
  };
}

/**
 * As a database that has run for a while: its write-ahead log goes on in files that are there. A new one's first files
 * are made, 16 MiB of zeros each, while a commit waits.
 */
async function keepLogFiles(superuserUrl: string): Promise<void> {
  const superuser = new pg.Client({ connectionString: superuserUrl });
  await superuser.connect();
  for (let file = 0; file < 5; file++) {
    await superuser.query('create table if not exists bench_log_file ()');
    await superuser.query('drop table bench_log_file');
    await superuser.query('select pg_switch_wal()');
    await superuser.query('checkpoint');
  }
  await superuser.end();
}
