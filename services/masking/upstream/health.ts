import type { Pool } from 'undici';
import type { ModelServer } from './server.ts';

const patienceMs = 2000;
const failuresToUnwell = 2;

/** Asks servers whether they are well, at a steady pace, never twice at a time. */
export class HealthChecks {
  private readonly failures = new Map<ModelServer, number>();
  private readonly timer: NodeJS.Timeout;
  private running = false;

  constructor(
    private readonly servers: readonly ModelServer[],
    private readonly path: string,
    everyMs: number,
    private readonly connections: (server: ModelServer) => Promise<Pool>,
  ) {
    this.timer = setInterval(() => void this.round(), everyMs).unref();
    void this.round();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async round(): Promise<void> {
    if (this.running) return;
    this.running = true;
    await Promise.all(this.servers.map((server) => this.check(server)));
    this.running = false;
  }

  private async check(server: ModelServer): Promise<void> {
    const isWell = await this.ask(server).catch(() => false);
    const failures = isWell ? 0 : (this.failures.get(server) ?? 0) + 1;
    this.failures.set(server, failures);
    server.isWell = failures < failuresToUnwell;
  }

  private async ask(server: ModelServer): Promise<boolean> {
    const pool = await this.connections(server);
    const base = new URL(server.baseUrl).pathname.replace(/\/+$/, '');
    const { statusCode, body } = await pool.request({
      ...{ method: 'GET', path: base + this.path, headers: { accept: '*/*' } },
      ...{ headersTimeout: patienceMs, bodyTimeout: patienceMs, signal: AbortSignal.timeout(patienceMs) },
    });
    await body.dump();
    return statusCode < 500;
  }
}
