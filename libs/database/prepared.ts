import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';

/** So many texts are named: every connection keeps each of them. */
const mostNamed = 100;
const mostConnections = 4;

/**
 * Statements that a connection parses and plans once. Texts beyond the first hundred are parsed every time. Their
 * connections are their own and stay open: each knows its statements, and none is planned anew for its values, for they
 * find their rows by keys. Whoever lists by values of all kinds wants the other kind, and has the `DataSource`.
 */
export class PreparedStatements {
  private readonly names = new Map<string, string>();
  private pool: pg.Pool | undefined;

  constructor(private readonly source: DataSource) {}

  async query(text: string, values: unknown[]): Promise<readonly Record<string, unknown>[]> {
    const name = this.nameOf(text);
    this.pool ??= openPool(this.source);
    const { rows } = await this.pool.query<Record<string, unknown>>({ text, values, ...(name && { name }) });
    return rows;
  }

  async close(): Promise<void> {
    const { pool } = this;
    this.pool = undefined;
    await pool?.end();
  }

  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= mostNamed) return known;
    const name = `s${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
    this.names.set(text, name);
    return name;
  }
}

function openPool({ options }: DataSource): pg.Pool {
  const { max, options: settings = '', ...config } = options.extra as pg.PoolConfig;
  const pool = new pg.Pool({
    ...config,
    options: `${settings} -c plan_cache_mode=force_generic_plan`,
    max: Math.min(max ?? mostConnections, mostConnections),
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
  });
  // A connection that broke while idle is replaced; the next statement tells.
  pool.on('error', () => undefined);
  return pool;
}
