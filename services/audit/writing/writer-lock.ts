import pg from 'pg';
import { clientConfig } from '#database';

const lockName = 'sallyport.audit.writer';
/** A connection whose other end is gone frees the lock after about 6 s. */
const keepAlive = '-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3';

/** The one connection that may write: while it is open it holds the lock, and it writes nothing else than the ledger. */
export interface WriterConnection {
  client: pg.Client;
  /** False once the connection is lost; then the lock is too. */
  isOpen(): boolean;
  close(): Promise<void>;
}

/** Connects to the writer's schema. Throws where Postgres is away. */
export async function connectWriter(url: string, schema: string): Promise<WriterConnection> {
  const config = clientConfig(url, schema);
  const client = new pg.Client({ ...config, options: `${config.options} ${keepAlive}` });
  let open = true;
  client.on('error', () => {
    open = false;
  });
  client.on('end', () => {
    open = false;
  });
  await client.connect();
  return {
    client,
    isOpen: () => open,
    close: async () => {
      open = false;
      await client.end().catch(() => undefined);
    },
  };
}

/** Tries to become the writer; false while another process is. */
export async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
    [lockName],
  );
  return rows[0]?.taken === true;
}
