import { z } from 'zod';
import { buckets, CodedError, configKeys, RecordedPosition, streams } from '#contracts';
import type { Bus } from '#messaging';
import type { Logger } from '#telemetry';
import { isBehind } from './audit-lag.ts';

const checkMs = 2000;
/** Above this share of the log's size nothing new is taken: the rest is kept for endings. */
const fullShare = 0.8;
const nsPerMs = 1_000_000;

/** What `STREAM.INFO` says, as far as it matters here; `max_age` is in ns. */
const LogInfo = z.object({
  config: z.object({ max_bytes: z.number(), max_age: z.number() }),
  state: z.object({ bytes: z.number(), last_seq: z.number() }),
});

/** Refuses new requests before anything is published where they could not be carried to their end. */
export class Admission {
  private logFull = false;
  private auditBehind = false;
  private reached = 0;
  private stuckSinceMs: number | undefined;
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

  /** Throws `service.unavailable`, `service.overloaded` or `audit.behind`. */
  admit(openRequests: number, maxOpenRequests: number): void {
    if (!this.bus.connected) {
      throw new CodedError('service.unavailable', 'The gateway cannot record requests right now. Try again.');
    }
    if (this.logFull)
      throw new CodedError('service.overloaded', 'The event log is nearly full. Try again later.');
    if (this.auditBehind) {
      throw new CodedError(
        'audit.behind',
        'The ledger is too far behind. Nothing runs unrecorded; try again later.',
      );
    }
    if (openRequests >= maxOpenRequests) {
      throw new CodedError('service.overloaded', 'Too many requests are open here. Try again.');
    }
  }

  private async check(): Promise<void> {
    try {
      const info = await this.logInfo();
      const limit = info.config.max_bytes;
      const full = limit > 0 && info.state.bytes > limit * fullShare;
      if (full !== this.logFull) this.logger.warn({ full }, 'the event log passed its mark');
      this.logFull = full;
      await this.checkLag(info.state.last_seq, info.config.max_age / nsPerMs, Date.now());
    } catch (err) {
      this.logger.warn({ err }, 'the event log could not be asked for its size');
    }
  }

  private async checkLag(lastSequence: number, logAgeMs: number, nowMs: number): Promise<void> {
    const bucket = await this.bus.bucket(buckets.config);
    const entry = await bucket.get(configKeys.recorded);
    const recorded = entry?.operation === 'PUT' ? RecordedPosition.parse(entry.json()) : undefined;
    const reached = recorded?.sequence ?? 0;
    if (reached >= lastSequence || reached !== this.reached) this.stuckSinceMs = undefined;
    else this.stuckSinceMs ??= nowMs;
    this.reached = reached;
    const { stuckSinceMs } = this;
    const behind = isBehind({ lastSequence, recorded, logAgeMs, stuckSinceMs, nowMs });
    if (behind !== this.auditBehind)
      this.logger.warn({ behind, reached, lastSequence }, 'the ledger and the log');
    this.auditBehind = behind;
  }

  private async logInfo(): Promise<z.infer<typeof LogInfo>> {
    const subject = `$JS.API.STREAM.INFO.${streams.events}`;
    return LogInfo.parse((await this.bus.nc.request(subject, '', { timeout: 2000 })).json());
  }
}
