import { CodedError, type DeadLetterDetail, type DeadLetterView, ServiceName, streams } from '#contracts';
import { joinHead } from '#ledger';
import { type Bus, deadLetterHeaders, deadLetterSubject, retrySubject, type StoredMessage } from '#messaging';
import { eventNameOf, requestIdOf } from '../entries/facts.ts';
import { readPayload } from '../receiving/read-head.ts';
import type { SessionStore } from '../sessions/session-store.ts';

/** Messages that services gave up, read where they were stored. */
export class DeadLetters {
  constructor(
    private readonly bus: Bus,
    private readonly sessions: SessionStore,
  ) {}

  /** Oldest first, from behind `after` on. */
  async list(
    service: ServiceName | undefined,
    limit: number,
    after: number,
  ): Promise<{ items: DeadLetterView[]; next?: number }> {
    const subject = service === undefined ? 'dead.*.letter.v1' : deadLetterSubject(service);
    const items: DeadLetterView[] = [];
    for (let next = after + 1; ; ) {
      const letter = await this.bus.readMessage({ sequence: next, subject }, streams.deadLetters);
      if (letter === null) return { items };
      if (items.length === limit) return { items, next: next - 1 };
      items.push(viewOf(letter));
      next = letter.sequence + 1;
    }
  }

  /** One letter with its event's head, personal values left out. */
  async show(sequence: number): Promise<DeadLetterDetail> {
    const letter = await this.read(sequence);
    const { bytes, head, tail } = readPayload(letter.payload);
    return { ...viewOf(letter), head: head === null ? null : joinHead(bytes, []), sealedBytes: tail.length };
  }

  /** Asks the service to run its handler on it again; refused where its request has ended. */
  async retry(sequence: number): Promise<DeadLetterView> {
    const letter = await this.read(sequence);
    const view = viewOf(letter);
    const session = view.requestId === null ? null : await this.sessions.find(view.requestId);
    if (session?.outcome != null) {
      throw new CodedError('request.already_completed', `The request has ended: ${session.outcome}.`);
    }
    const kept = Object.values(deadLetterHeaders).flatMap((name) => {
      const value = letter.headers.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const headers = Object.fromEntries(kept);
    await this.bus.publish(retrySubject(view.service), letter.payload, { headers });
    return view;
  }

  private async read(sequence: number): Promise<StoredMessage> {
    const letter = await this.bus.readMessage({ sequence }, streams.deadLetters);
    if (letter === null || !/^dead\.[a-z]+\.letter\.v1$/.test(letter.subject)) {
      throw new CodedError('request.not_found', 'There is no such dead letter.');
    }
    return letter;
  }
}

function viewOf(letter: StoredMessage): DeadLetterView {
  const header = (name: keyof typeof deadLetterHeaders) => letter.headers.get(deadLetterHeaders[name]) ?? '';
  const subject = header('subject');
  const { head } = readPayload(letter.payload);
  return {
    sequence: letter.sequence,
    service: letter.subject.split('.')[1] ?? '',
    subject,
    eventSequence: Number(header('sequence')),
    deliveries: Number(header('deliveries')),
    code: header('code'),
    requestId: requestIdOf({ name: eventNameOf(subject), head }),
    bytes: letter.payload.length,
    at: letter.timeMs,
  };
}
