import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { DataSource } from 'typeorm';

/** So many texts are named: every connection keeps each of them. */
const mostNamed = 100;

/** Statements that a connection parses and plans once. Texts beyond the first hundred are planned every time. */
export class PreparedStatements {
  private readonly names = new Map<string, string>();

  constructor(private readonly source: DataSource) {}

  async query(text: string, values: unknown[]): Promise<readonly Record<string, unknown>[]> {
    const pool = (this.source.driver as unknown as { master: pg.Pool }).master;
    const name = this.nameOf(text);
    const { rows } = await pool.query<Record<string, unknown>>({ text, values, ...(name && { name }) });
    return rows;
  }

  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= mostNamed) return known;
    const name = `s${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
    this.names.set(text, name);
    return name;
  }
}
