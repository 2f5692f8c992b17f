import { isDeepStrictEqual } from 'node:util';
import { Pool } from 'undici';
import { Breaker } from './breaker.ts';
import type { TlsMaterial } from './credentials.ts';

const maxHeaderBytes = 64 * 1024;

export interface ServerLimits {
  readonly connectMs: number;
  readonly maxAnswerBytes: number;
}

/** One model server of a connection: pooled keep-alive connections, what is known of its health, how busy it is. */
export class ModelServer {
  readonly breaker = new Breaker();
  /** What the last checks said; passes until one was made. */
  isWell = true;
  busy = 0;
  private pool: Pool | undefined;
  private tls: TlsMaterial | undefined;

  constructor(
    readonly baseUrl: string,
    private readonly limits: ServerLimits,
  ) {}

  /** The pool of connections made with this material; new material (a rotated certificate) makes a new pool. */
  connections(tls: TlsMaterial | undefined): Pool {
    if (this.pool && isDeepStrictEqual(this.tls, tls)) return this.pool;
    const old = this.pool;
    this.tls = tls;
    this.pool = this.open(tls);
    // Calls that run end on their old connections.
    void old?.close().catch(() => undefined);
    return this.pool;
  }

  async close(): Promise<void> {
    await this.pool?.close().catch(() => undefined);
  }

  private open(tls: TlsMaterial | undefined): Pool {
    const { serverName, ...material } = tls ?? {};
    return new Pool(new URL(this.baseUrl).origin, {
      connect: {
        timeout: this.limits.connectMs,
        ...material,
        ...(serverName !== undefined && { servername: serverName }),
      },
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      maxResponseSize: this.limits.maxAnswerBytes,
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 600_000,
    });
  }
}
