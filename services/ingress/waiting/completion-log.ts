import { Injectable } from '@nestjs/common';
import { type HeldEntry, requestCompleted } from '#contracts';
import { Bus, type StoredMessage } from '#messaging';
import { type Completion, readCompletion } from './completion.ts';
import { HeldIndex } from './held-index.ts';

/** Reads from the log how requests ended that the index knows. */
@Injectable()
export class CompletionLog {
  constructor(
    private readonly bus: Bus,
    private readonly held: HeldIndex,
  ) {}

  /** A request's completion, wherever it went; undefined where there is none (yet). Throws where the broker is away. */
  async find(entry: HeldEntry): Promise<Completion | undefined> {
    const now = this.held.get(entry.requestId) ?? entry;
    if (now.completedSequence !== undefined) {
      const message = await this.bus.readMessage({ sequence: now.completedSequence });
      return message ? readCompletion(message.payload) : undefined;
    }
    return this.scanFor(now);
  }

  private async scanFor(entry: HeldEntry): Promise<Completion | undefined> {
    const subject = requestCompleted.subject(entry.destination);
    let sequence = Math.max(1, entry.sinceSequence);
    for (;;) {
      const message = await this.bus.readMessage({ sequence, subject });
      if (!message) return undefined;
      const completion = tryRead(message);
      if (completion?.head.requestId === entry.requestId) return completion;
      sequence = message.sequence + 1;
    }
  }
}

function tryRead(message: StoredMessage): Completion | undefined {
  try {
    return readCompletion(message.payload);
  } catch {
    return undefined;
  }
}
