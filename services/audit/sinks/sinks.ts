import { isDeepStrictEqual } from 'node:util';
import { durationMs, type Sink } from '#contracts';
import { Sender, type SenderParts } from './sender.ts';
import type { SinkTarget } from './sink.ts';

interface Running {
  readonly sink: Sink;
  readonly sender: Sender;
}

/** The sinks of the revision in force. One that is new, gone or changed does not disturb the others. */
export class Sinks {
  private readonly running = new Map<string, Running>();
  private changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly open: (sink: Sink) => SinkTarget,
    private readonly parts: SenderParts,
  ) {}

  /** Goes on with these. */
  use(sinks: readonly Sink[]): void {
    this.changing = this.changing.then(() => this.change(sinks));
  }

  /** The sinks that are sent to, by name. */
  current(): ReadonlyMap<string, Sink> {
    return new Map([...this.running].map(([name, { sink }]) => [name, sink]));
  }

  /** Called by Nest, before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.use([]);
    await this.changing;
  }

  private async change(sinks: readonly Sink[]): Promise<void> {
    const wanted = new Map(sinks.map((sink) => [sink.name, sink]));
    const gone = [...this.running].filter(([name, { sink }]) => !isDeepStrictEqual(wanted.get(name), sink));
    await Promise.all(gone.map(([, { sender }]) => sender.stop()));
    for (const [name] of gone) this.running.delete(name);
    for (const [name, sink] of wanted) {
      if (this.running.has(name)) continue;
      const sender = new Sender(sink, durationMs(sink.every), this.open(sink), this.parts);
      this.running.set(name, { sink, sender });
    }
  }
}
