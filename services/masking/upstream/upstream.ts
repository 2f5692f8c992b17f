import { Pool } from 'undici';
import { type Connection, durationMs } from '#contracts';
import { metrics } from '#telemetry';
import { Breaker } from './breaker.ts';
import {
  type AnswerSink,
  type CallEnd,
  type CallRequest,
  isSafeToRepeat,
  type UpstreamCall,
} from './call.ts';

const maxHeaderBytes = 64 * 1024;

type Timeouts = Pick<CallRequest, 'firstByteMs' | 'idleMs' | 'totalMs'>;

/** One connection's model server: pooled keep-alive connections, limits, circuit breaker. */
export class Upstream {
  private readonly pool: Pool;
  private readonly breaker = new Breaker();
  readonly timeouts: Timeouts;

  constructor(
    readonly name: string,
    readonly connection: Connection,
    maxAnswerBytes: number,
  ) {
    const { connect, firstByte, idle, total } = connection.timeouts;
    this.timeouts = {
      firstByteMs: durationMs(firstByte),
      idleMs: durationMs(idle),
      totalMs: durationMs(total),
    };
    this.pool = new Pool(new URL(connection.baseUrl).origin, {
      connect: { timeout: durationMs(connect) },
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      maxResponseSize: maxAnswerBytes,
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 600_000,
    });
  }

  /** Runs one call; one that never left is repeated once. Rejects with what the sink threw. */
  async run(call: UpstreamCall, request: CallRequest, sink: AnswerSink): Promise<CallEnd> {
    if (!this.breaker.permits(Date.now())) {
      return { kind: 'failed', code: 'upstream.unavailable', sent: false, cause: 'breaker' };
    }
    try {
      const first = await call.run(this.pool, request, sink);
      const end = isSafeToRepeat(first) ? await call.run(this.pool, request, sink) : first;
      this.judge(end);
      return end;
    } catch (error) {
      this.breaker.succeeded();
      throw error;
    }
  }

  /** Lets running calls end; new ones are refused. */
  async close(): Promise<void> {
    await this.pool.close().catch(() => undefined);
  }

  private judge(end: CallEnd): void {
    const wasOpen = this.breaker.isOpen;
    if (end.kind === 'ended') this.breaker.succeeded();
    else if (end.kind === 'aborted') this.breaker.forgotten();
    else this.breaker.failed(Date.now());
    if (wasOpen !== this.breaker.isOpen) {
      metrics.breakerOpen.set({ connection: this.name }, this.breaker.isOpen ? 1 : 0);
    }
  }
}
