import { CodedError, streams } from '#contracts';
import type { Bus } from '#messaging';
import type { Logger } from '#telemetry';

const checkMs = 2000;
/** Above this share of the log's size nothing new is taken: the rest is kept for endings. */
const fullShare = 0.8;

/** Refuses new requests before anything is published where they could not be carried to their end. */
export class Admission {
  private logFull = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.check();
    this.timer = setInterval(() => void this.check(), checkMs);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Throws `service.unavailable` or `service.overloaded`. */
  admit(openRequests: number, maxOpenRequests: number): void {
    if (!this.bus.connected) {
      throw new CodedError('service.unavailable', 'The gateway cannot record requests right now. Try again.');
    }
    if (this.logFull)
      throw new CodedError('service.overloaded', 'The event log is nearly full. Try again later.');
    if (openRequests >= maxOpenRequests) {
      throw new CodedError('service.overloaded', 'Too many requests are open here. Try again.');
    }
  }

  private async check(): Promise<void> {
    try {
      const reply = await this.bus.nc.request(`$JS.API.STREAM.INFO.${streams.events}`, '', { timeout: 2000 });
      const info = reply.json<{ config?: { max_bytes: number }; state?: { bytes: number } }>();
      const limit = info.config?.max_bytes ?? -1;
      const full = limit > 0 && (info.state?.bytes ?? 0) > limit * fullShare;
      if (full !== this.logFull) this.logger.warn({ full }, 'the event log passed its mark');
      this.logFull = full;
    } catch (err) {
      this.logger.warn({ err }, 'the event log could not be asked for its size');
    }
  }
}
