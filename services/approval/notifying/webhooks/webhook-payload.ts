import { atMost } from '../wording/content-text.ts';
import type { Facts } from '../wording/facts.ts';

const maxContentCharacters = 100_000;

/**
 * The body of a webhook: `type`, `timestamp` and `data` as Standard Webhooks recommends. What happened since it was
 * written down is not in it, so every attempt says the same of it.
 */
export function webhookPayload(facts: Facts): string {
  const { kind, what, at, version, summary, matches, link, editor, content } = facts;
  const { id, requestId, gate, requester, connection, model, operation, rules, revision } = summary;
  const { mode, groups, requestedAt, expiresAt } = summary;
  return JSON.stringify({
    type: `approval.${kind}`,
    timestamp: new Date(at).toISOString(),
    data: {
      ...{ approvalId: id, requestId, gate, version },
      ...(kind === 'decided' && { outcome: what }),
      ...(kind === 'escalated' && { escalatedTo: what }),
      ...{ requester, connection, model, operation, rules, revision, matches },
      ...{ mode, groups: groups.map(({ group, quorum }) => ({ group, quorum })) },
      ...(kind === 'edited' && editor && { editor }),
      requestedAt: new Date(requestedAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
      link,
      ...(content && {
        content: { shown: content.shown, text: atMost(content.text, maxContentCharacters) },
      }),
    },
  });
}
