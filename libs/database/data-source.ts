import pg from 'pg';
import { DataSource, type DataSourceOptions, type EntitySchema, type MigrationInterface } from 'typeorm';
import { isConnectionLoss } from './connection-loss.ts';
import { CreateOutbox1760000000000 } from './outbox/create-outbox.migration.ts';
import { IndexOutbox1760000000700 } from './outbox/index-outbox.migration.ts';
import { OutboxAlongside1760000002000 } from './outbox/outbox-alongside.migration.ts';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  url: string;
  /**
   * The login that owns the schema and runs migrations, where it is another one than `url`'s. Then `url`'s login gets
   * the right to read and write rows, and none to change the schema.
   */
  ownerUrl?: string;
  /** The service's name: its schema holds its tables and nothing else's. */
  schema: string;
  // biome-ignore lint/complexity/noBannedTypes: TypeORM's own type of an entity class.
  entities: readonly (Function | EntitySchema)[];
  migrations: readonly (new () => MigrationInterface)[];
  poolSize?: number;
  /** How long to wait for the server at start, ms. */
  connectWaitMs?: number;
  onWaiting?: (error: unknown) => void;
}

const connectTimeoutMs = 3000;
const statementTimeoutMs = 30_000;
const retryMs = 500;
const schemaName = /^[a-z][a-z0-9_]{0,40}$/;

/** Settings of one `pg` connection that belongs to a service. */
export function clientConfig(url: string, schema: string): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: `sallyport-${schema}`,
    options: `-c search_path=${schema}`,
    keepAlive: true,
  };
}

/** What TypeORM needs to work in one service's schema; migrations only, never `synchronize`. */
export function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  const { url, schema, entities, migrations, poolSize = 10 } = options;
  return {
    type: 'postgres',
    url,
    schema,
    driver: pg,
    entities: [...entities],
    migrations: [
      ...[CreateOutbox1760000000000, IndexOutbox1760000000700, OutboxAlongside1760000002000],
      ...migrations,
    ],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    synchronize: false,
    logging: false,
    parseInt8: true,
    connectTimeoutMS: connectTimeoutMs,
    // A connection that broke while idle is replaced by the pool; the next query tells.
    poolErrorHandler: () => undefined,
    extra: { ...clientConfig(url, schema), max: poolSize, statement_timeout: statementTimeoutMs },
  };
}

/**
 * Connects, waits for a server that is still starting, and brings the schema up to date: one process at a time, under
 * an advisory lock. Throws where the server stays away for `connectWaitMs` (default 30 s).
 */
export async function openDataSource(options: DatabaseOptions): Promise<DataSource> {
  if (!schemaName.test(options.schema)) throw new Error(`not a plain schema name: ${options.schema}`);
  const deadline = Date.now() + (options.connectWaitMs ?? 30_000);
  for (;;) {
    try {
      await migrate(options);
      return await new DataSource(dataSourceOptions(options)).initialize();
    } catch (error) {
      if (!isConnectionLoss(error) || Date.now() > deadline) throw error;
      options.onWaiting?.(error);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

async function migrate(options: DatabaseOptions): Promise<void> {
  const { schema, url, ownerUrl = url } = options;
  const lock = new pg.Client(clientConfig(ownerUrl, schema));
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock(hashtextextended($1, 0))', [`sallyport.migrate.${schema}`]);
    const known = await lock.query('select 1 from pg_namespace where nspname = $1', [schema]);
    if (known.rowCount === 0) await lock.query(`create schema ${schema}`);
    const source = new DataSource({ ...dataSourceOptions({ ...options, url: ownerUrl, poolSize: 1 }) });
    await source.initialize();
    try {
      await source.runMigrations();
    } finally {
      await source.destroy();
    }
    if (ownerUrl !== url) await grantRows(lock, schema, new URL(url).username);
  } finally {
    await lock.end();
  }
}

/** Lets a login read and write the schema's rows, now and in tables of later migrations, and no more. */
async function grantRows(client: pg.Client, schema: string, login: string): Promise<void> {
  const role = client.escapeIdentifier(decodeURIComponent(login));
  await client.query(`grant usage on schema ${schema} to ${role}`);
  await client.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
  await client.query(`grant usage on all sequences in schema ${schema} to ${role}`);
}
