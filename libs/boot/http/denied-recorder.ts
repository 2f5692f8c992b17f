import type { RefusalListener } from '#auth';
import { accessDenied, encodeEnvelope, type Principal, type ServiceName } from '#contracts';
import type { Bus } from '#messaging';
import type { Logger } from '#telemetry';

interface Count {
  code: string;
  address: string;
  route: string;
  principal: Principal | undefined;
  count: number;
  since: number;
}

const defaultWindowMs = 60_000;
/** More different refusals than this in one window are counted together. */
const maxKeys = 5000;

interface RefusedRequest {
  ip?: string;
  method?: string;
  routeOptions?: { url?: string | undefined };
}

/** Records who was turned away: one event for each address, code and principal in a window, with a count. */
export class DeniedRecorder implements RefusalListener {
  private counts = new Map<string, Count>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly bus: Bus,
    private readonly service: ServiceName,
    private readonly logger: Logger,
    windowMs: number = defaultWindowMs,
  ) {
    this.timer = setInterval(() => void this.flush(), windowMs);
    this.timer.unref();
  }

  refused(code: string, principal: Principal | undefined, request: unknown): void {
    const { ip, method, routeOptions } = request as RefusedRequest;
    this.record(code, principal, ip, `${method ?? ''} ${routeOptions?.url ?? ''}`.trim());
  }

  /** `ip`: undefined where the caller is gone already. */
  record(code: string, principal: Principal | undefined, ip: string | undefined, route: string): void {
    const address = ip ?? 'unknown';
    const full = this.counts.size >= maxKeys;
    const who = principal ? `${principal.issuer} ${principal.subject}` : '';
    const key = full ? `${code} (many)` : `${code} ${address} ${who}`;
    const entry = this.counts.get(key);
    if (entry) entry.count++;
    else {
      const since = Date.now();
      this.counts.set(key, { code, address: full ? 'many' : address, route, principal, count: 1, since });
    }
  }

  /** Publishes what was counted so far. What can't be published is kept for the next time. */
  async flush(): Promise<void> {
    const counts = this.counts;
    this.counts = new Map();
    for (const [key, entry] of counts) {
      const { code, address, route, principal, count, since } = entry;
      const who = principal && { issuer: principal.issuer, subject: principal.subject };
      const head = { service: this.service, code, address, route, ...who, count, since, until: Date.now() };
      try {
        await this.bus.publish(accessDenied.subject(), encodeEnvelope(accessDenied.schema.parse(head)));
      } catch (error) {
        this.logger.warn({ err: error }, 'a refusal is not recorded yet');
        if (!this.counts.has(key)) this.counts.set(key, entry);
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
