import { streams } from '#contracts';
import { type Bus, MissingDependencyError, type StoredMessage } from '#messaging';
import type { Incoming, Lost } from './incoming.ts';

/** The state of stream EVENTS. */
export interface LogStatus {
  /** Names this stream for as long as it exists: a recreated one has another. */
  id: string;
  firstSequence: number;
  lastSequence: number;
  bytes: number;
  maxBytes: number;
  maxAgeMs: number;
}

interface StreamAnswer {
  error?: { description: string };
  created: string;
  config: { max_bytes: number; max_age: number };
  state: { first_seq: number; last_seq: number; bytes: number };
}

const timeoutMs = 5000;
const readAhead = 16;

/** Reads stream EVENTS by sequence, beside the consumer. */
export class EventLog {
  constructor(private readonly bus: Bus) {}

  /** Throws `MissingDependencyError` where the broker can't be asked. */
  async status(): Promise<LogStatus> {
    const reply = await this.bus.nc
      .request(`$JS.API.STREAM.INFO.${streams.events}`, '', { timeout: timeoutMs })
      .catch(away);
    const { error, created, config, state } = reply.json<StreamAnswer>();
    if (error) throw new MissingDependencyError(`${streams.events}: ${error.description}`);
    return {
      id: `${streams.events}@${created}`,
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
      bytes: state.bytes,
      maxBytes: config.max_bytes,
      maxAgeMs: config.max_age / 1_000_000,
    };
  }

  /** The event with this sequence; null where the stream doesn't hold it. */
  async at(sequence: number): Promise<Incoming | null> {
    const message = await this.bus.readMessage({ sequence }).catch(away);
    return message && incomingOf(message);
  }

  /** What the stream holds in `[from, to]`, and what it lost of it; in order. */
  async *range(from: number, to: number): AsyncGenerator<Incoming | Lost> {
    let next = from;
    while (next <= to) {
      const present = await this.ahead(next, Math.min(to, next + readAhead - 1));
      for (const event of present) {
        if (event.sequence > next) yield { from: next, to: event.sequence - 1 };
        yield event;
        next = event.sequence + 1;
      }
      if (present.length > 0) continue;
      const after = await this.bus.readMessage({ sequence: next, subject: 'evt.>' }).catch(away);
      const end = after === null ? to : Math.min(to, after.sequence - 1);
      if (end >= next) yield { from: next, to: end };
      next = end + 1;
    }
  }

  /** The events that exist in a short range, up to its first hole. */
  private async ahead(from: number, to: number): Promise<Incoming[]> {
    const sequences = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const found = await Promise.all(sequences.map((sequence) => this.at(sequence)));
    const hole = found.indexOf(null);
    return (hole < 0 ? found : found.slice(0, hole)) as Incoming[];
  }
}

function incomingOf({ subject, sequence, payload, headers, timeMs }: StoredMessage): Incoming {
  return { subject, sequence, payload, messageId: headers.get('Nats-Msg-Id') ?? '', atMs: timeMs };
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the event log can not be read', { cause });
}
