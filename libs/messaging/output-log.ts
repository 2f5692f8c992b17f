import { decodeEnvelope } from '#contracts';
import type { Bus, StoredMessage } from './bus.ts';

/** Remembers at most so many outputs; then the scan starts anew from the message in hand. */
const maxRemembered = 50_000;

/**
 * Reads the log forward for a service's own output, before it acts on a redelivered message: a redelivery does not
 * prove that the first run died. One scan serves all redeliveries in hand.
 */
export class OutputLog {
  private found = new Map<string, StoredMessage>();
  private from = 0;
  private next = 0;
  private scanning: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    /** Subject filter of the outputs. */
    private readonly subject: string,
    private readonly identify: (head: unknown) => string | undefined,
  ) {}

  /** The first stored output with this identity after `sequence`, or undefined. */
  async find(identity: string, sequence: number): Promise<StoredMessage | undefined> {
    const scan = this.scanning.then(() => this.scan(sequence));
    this.scanning = scan.catch(() => undefined);
    await scan;
    return this.found.get(identity);
  }

  private async scan(sequence: number): Promise<void> {
    if (this.next === 0 || sequence < this.from || this.found.size > maxRemembered) {
      this.found = new Map();
      this.from = sequence;
      this.next = sequence + 1;
    }
    for (;;) {
      const message = await this.bus.readMessage({ sequence: this.next, subject: this.subject });
      if (!message) return;
      this.next = message.sequence + 1;
      const identity = this.identityOf(message);
      if (identity !== undefined && !this.found.has(identity)) this.found.set(identity, message);
    }
  }

  /** What is no event is nobody's output, and keeps no redelivery from being handled. */
  private identityOf({ payload }: StoredMessage): string | undefined {
    try {
      return this.identify(decodeEnvelope(payload).head);
    } catch {
      return undefined;
    }
  }
}
