import { buckets, configKeys } from '#contracts';
import type { Bus } from '#messaging';

const everyMs = 2000;

/**
 * Tells in KV `config` how far the ledger reaches. Ingress compares it with the sequences of its own publications, so
 * it sees a stopped audit too, and refuses new requests when too much would go unrecorded.
 */
export class Progress {
  private told = -1;
  private toldAtMs = 0;

  constructor(private readonly bus: Bus) {}

  /** Tells where that is due. Never throws: what isn't told now is told next time. */
  async tell(position: { sequence: number; atMs: number }, nowMs: number): Promise<void> {
    if (position.sequence === this.told || nowMs - this.toldAtMs < everyMs) return;
    this.toldAtMs = nowMs;
    const value = Buffer.from(JSON.stringify(position));
    const subject = `$KV.${buckets.config}.${configKeys.recorded}`;
    const ack = await this.bus.publish(subject, value).catch(() => null);
    if (ack !== null) this.told = position.sequence;
  }
}
