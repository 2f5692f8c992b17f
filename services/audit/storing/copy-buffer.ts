import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** More is given back after use: one large batch must not hold memory for good. */
const keptBytes = 16 * 1024 * 1024;
const firstBytes = 64 * 1024;
const endBytes = 2;
/** PostgreSQL's numbers of its types (`pg_type.dat`), which arrays name. */
const oids = { int8: 20, text: 25 } as const;

/**
 * Rows in Postgres' binary COPY format (PostgreSQL documentation, COPY, "Binary Format"), written one after another.
 * Used again for the next batch, so that a batch costs no memory of its own.
 */
export class CopyBuffer {
  /** Rows written since the beginning. */
  rows = 0;
  private bytes = Buffer.allocUnsafe(firstBytes);
  private at = signature.copy(this.bytes);

  /** Begins anew; what `end` gave is written over. */
  clear(): void {
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafe(firstBytes);
    this.rows = 0;
    this.at = signature.copy(this.bytes);
  }

  /** Begins a row of so many fields, which takes at most so many bytes, its fields' lengths included. */
  row(fields: number, mostBytes: number): void {
    const needed = this.at + 2 + mostBytes + endBytes;
    if (needed > this.bytes.length) this.grow(needed);
    this.rows += 1;
    this.at = this.bytes.writeInt16BE(fields, this.at);
  }

  nothing(): void {
    this.at = this.bytes.writeInt32BE(-1, this.at);
  }

  bool(value: boolean): void {
    this.at = this.bytes.writeInt32BE(1, this.at);
    this.bytes[this.at++] = value ? 1 : 0;
  }

  int2(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.bytes.writeInt32BE(2, this.at));
  }

  int4(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.bytes.writeInt32BE(4, this.at));
  }

  int8(value: number): void {
    this.at = this.bytes.writeInt32BE(8, this.at);
    this.at = this.bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.at);
    this.at = this.bytes.writeUInt32BE(value % 2 ** 32, this.at);
  }

  text(value: string): void {
    const length = this.bytes.write(value, this.at + 4, 'utf8');
    this.at = this.bytes.writeInt32BE(length, this.at) + length;
  }

  blob(value: Uint8Array): void {
    this.at = this.bytes.writeInt32BE(value.length, this.at);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** A UUID of 32 hex digits. */
  uuid(hex: string): void {
    this.at = this.bytes.writeInt32BE(16, this.at);
    this.at += this.bytes.write(hex, this.at, 16, 'hex');
  }

  /** Bytes that `write` puts at a place of a buffer; it gives their end. */
  written(write: (bytes: Buffer, at: number) => number): void {
    const end = write(this.bytes, this.at + 4);
    this.bytes.writeInt32BE(end - this.at - 4, this.at);
    this.at = end;
  }

  /** 64-bit numbers; those that a JavaScript number can't hold as decimal strings. */
  int8s(values: readonly (string | number)[]): void {
    this.array(oids.int8, values.length);
    for (const value of values) {
      this.at = this.bytes.writeInt32BE(8, this.at);
      this.at = this.bytes.writeBigInt64BE(BigInt(value), this.at);
    }
  }

  texts(values: readonly string[]): void {
    const from = this.at;
    this.array(oids.text, values.length);
    for (const value of values) this.text(value);
    this.bytes.writeInt32BE(this.at - from - 4, from);
  }

  /** The whole of it, good until `clear`. */
  end(): Buffer {
    return this.bytes.subarray(0, this.bytes.writeInt16BE(-1, this.at));
  }

  /** The head of an array (`array_recv` in PostgreSQL's `arrayfuncs.c`), sized for 8 bytes an element. */
  private array(oid: number, count: number): void {
    const dimensions = count === 0 ? 0 : 1;
    this.at = this.bytes.writeInt32BE(12 + dimensions * 8 + count * 12, this.at);
    this.at = this.bytes.writeInt32BE(dimensions, this.at);
    this.at = this.bytes.writeInt32BE(0, this.at);
    this.at = this.bytes.writeInt32BE(oid, this.at);
    if (count === 0) return;
    this.at = this.bytes.writeInt32BE(count, this.at);
    this.at = this.bytes.writeInt32BE(1, this.at);
  }

  private grow(needed: number): void {
    const wider = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(wider, 0, 0, this.at);
    this.bytes = wider;
  }
}

/** Runs what ends with a `copy … from stdin binary`, with these rows. */
export async function copyIn(client: pg.Client, sql: string, rows: CopyBuffer): Promise<void> {
  const stream = client.query(copyFrom(sql));
  stream.end(rows.end());
  await finished(stream);
}
