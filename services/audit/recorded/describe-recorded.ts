import type { RecordedRequest } from '#contracts';
import type { OpenedContents } from '../sessions/content-opener.ts';
import type { SessionRow } from '../sessions/session-row.ts';
import type { RecordedFact } from '../sessions/session-store.ts';
import { addressOf, number, object, summaryOf, text } from '../sessions/views.ts';

/** A recorded request as rules need it. Pure. */
export function describeRecorded(
  row: SessionRow,
  facts: readonly RecordedFact[],
  contents: OpenedContents,
): RecordedRequest {
  const received = facts.find(({ fact }) => fact.name === 'request.received')?.fact;
  const context = object(object(received?.head).context);
  const summary = summaryOf(row, received);
  const { id, requester, client, operation, outcome, code, held, conversation, receivedAt } = summary;
  const claims = object(context.claims);
  const address = addressOf(context);
  return {
    ...{ id, requester, client, operation, outcome, code, held, conversation, receivedAt },
    protocol: text(context.protocol),
    namedConnection: text(context.connection),
    ...(Object.keys(claims).length > 0 && { claims }),
    ...(address !== '' && { address }),
    content: (received && contents.get(received.index)) ?? { state: 'expired' },
    decisionMs: decisionMsOf(facts),
  };
}

/** From the question to the last vote on the prompt. */
function decisionMsOf(facts: readonly RecordedFact[]): number | null {
  const atPrompt = facts.filter(({ fact }) => object(fact.head).gate === 'prompt');
  const asked = atPrompt.find(({ fact }) => fact.name === 'approval.requested');
  const last = atPrompt.findLast(({ fact }) => object(fact.head).kind === 'vote');
  if (!asked || !last) return null;
  return Math.max(0, number(object(last.fact.head).at, last.fact.atMs) - asked.fact.atMs);
}
