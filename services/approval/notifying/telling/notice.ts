import type { NotificationKind } from '#contracts';
import type { ApprovalRequest } from '../../approval-request.entity.ts';

/** One line of an approval request's history, as far as it is told. */
export interface HistoryLine {
  id: number;
  approvalId: string;
  kind: string;
  version: number;
  what: string | null;
  at: Date;
}

/** What a line of the history tells people and programs. */
export interface Notice {
  kind: NotificationKind;
  /** The outcome, or the group it was escalated to. */
  what: string | null;
}

/** States that end a request without a decision by votes or the clock. */
const endings: ReadonlySet<string | null> = new Set(['revoked', 'stopped', 'denied', 'expired', 'cancelled']);

/** What a line of the history tells; undefined where it is nobody's news. */
export function noticeOf(
  { kind, what }: Pick<HistoryLine, 'kind' | 'what'>,
  row: Pick<ApprovalRequest, 'gate' | 'cardOf' | 'state'>,
): Notice | undefined {
  switch (kind) {
    case 'requested':
      // Identical requests are one card, and one piece of news.
      return row.cardOf === null && row.state !== 'denied' ? { kind: 'waiting', what: null } : undefined;
    case 'edited':
      // At gate `prompt` policy looks first: told once it holds the new version.
      return row.gate === 'prompt' ? undefined : { kind: 'edited', what: null };
    case 'held_again':
      return { kind: 'edited', what: null };
    case 'reminded':
    case 'nudged':
      return { kind: 'reminded', what: null };
    case 'escalated':
      return { kind: 'escalated', what };
    case 'ended':
      return { kind: 'decided', what };
    case 'moved':
      return endings.has(what) ? { kind: 'decided', what } : undefined;
    case 'glass_broken':
      return { kind: 'review_needed', what: null };
    default:
      return undefined;
  }
}

/** Whether after a line of the history another request may head the card, so that people hear of that one. */
export function mayPassOnCard({ kind, what }: Pick<HistoryLine, 'kind' | 'what'>): boolean {
  if (kind === 'ended') return what === 'cancelled' || what === 'expired';
  return kind === 'edited' || kind === 'moved';
}

/** Whether there is still something to do about it, for people who hear of it now. */
export function isStillNews(
  kind: NotificationKind,
  version: number,
  row: Pick<ApprovalRequest, 'state' | 'version'>,
): boolean {
  const open = row.state === 'pending' || row.state === 'rechecking';
  switch (kind) {
    case 'waiting':
    case 'edited':
      return open && row.version === version;
    case 'reminded':
    case 'escalated':
      return open;
    case 'decided':
    case 'review_needed':
      return true;
    default:
      return kind satisfies never;
  }
}
