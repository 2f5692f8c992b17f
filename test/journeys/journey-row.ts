import {
  approvalDecided,
  decodeEnvelope,
  type EventDefinition,
  requestAttached,
  requestCompleted,
} from '#contracts';
import type { Bus } from '#messaging';
import { eventually, type World } from '#testing';

/** What a journey's row came to, read from the log and the model, not from what we meant to do. */
export interface Row {
  what: string;
  /** The attempt whose answer counts, as `request.completed` says. */
  attempts: number;
  approvals: number;
  modelCalls: number;
  /** How often the client came back and found its request. */
  attached: number;
  outcome: string;
  seconds: number;
  ok: boolean;
}

/** Every event of one kind about a request, oldest first. */
export async function eventsOf<D extends EventDefinition>(
  bus: Bus,
  event: D,
  requestId: string,
): Promise<ReturnType<D['schema']['parse']>[]> {
  const found = [];
  const filter = `${event.prefix}${event.tokens.length > 0 ? '.>' : ''}`;
  for (let sequence = 1; ; ) {
    const message = await bus.readMessage({ sequence, subject: filter });
    if (!message) return found as never;
    sequence = message.sequence + 1;
    const { head } = decodeEnvelope(message.payload);
    if ((head as { requestId?: string }).requestId === requestId) found.push(event.schema.parse(head));
  }
}

/** Counts what the log holds of a request, once it is over. */
export async function countRow(
  world: World,
  row: { what: string; requestId: string; modelCalls: number; allowedCalls: number; startedAt: number },
): Promise<Row> {
  const { what, requestId, modelCalls, allowedCalls, startedAt } = row;
  const bus = await world.bus('ingress');
  try {
    const [completed] = await eventually(async () => {
      const endings = await eventsOf(bus, requestCompleted, requestId);
      if (endings.length === 0) throw new Error(`${requestId} has not ended`);
      return endings;
    });
    const decided = await eventsOf(bus, approvalDecided, requestId);
    const approvals = decided.filter((head) => head.kind === 'outcome' && head.outcome === 'approved').length;
    const attached = (await eventsOf(bus, requestAttached, requestId)).length;
    const outcome = completed?.outcome ?? 'none';
    const ok = outcome === 'answered' && approvals === 1 && modelCalls >= 1 && modelCalls <= allowedCalls;
    const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
    return { what, attempts: completed?.attempt ?? 0, approvals, modelCalls, attached, outcome, seconds, ok };
  } finally {
    await bus.close();
  }
}

/** A door that the model's answer waits at. */
export function door(): { open: () => void; opened: Promise<void> } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
