import type {
  ApprovalDetail,
  ApprovalStats,
  ApprovalSummary,
  ContentItem,
  PersonView,
  Unreadable,
} from '#contracts';
import { inWords, table, unseenAsText } from '../terminal.ts';

/** A person by the best name there is. */
export function nameOf({ name, email, subject, person }: PersonView): string {
  const known = name ?? email;
  const account = known === undefined ? subject : `${known} (${subject})`;
  return person === undefined ? account : `${account} for ${person}`;
}

function groupsText({ groups, mode }: ApprovalSummary): string {
  const parts = groups.map(({ group, quorum, approved }) => `${group} ${approved}/${quorum}`);
  return parts.join(mode === 'all' ? ' and ' : ' or ');
}

/** A list of approval requests, one a line. */
export function listText(items: readonly ApprovalSummary[], now: number): string {
  if (items.length === 0) return 'Nothing waits.';
  const head = ['ID', 'STATE', 'REQUESTER', 'MODEL', 'RULES', 'NEEDS', 'SINCE', 'LEFT'];
  const rows = items.map((item) => [
    item.count > 1 ? `${item.id} (×${item.count})` : item.id,
    item.version > 1 ? `${item.state} v${item.version}` : item.state,
    item.requester.name ?? item.requester.subject,
    item.model ?? item.connection,
    item.rules.join(','),
    groupsText(item),
    inWords(now - item.requestedAt),
    item.expiresAt > now ? inWords(item.expiresAt - now) : '-',
  ]);
  return table([head, ...rows]);
}

/** Everything about one approval request: facts, complete content, edits, history. */
export function detailText(detail: ApprovalDetail, now: number): string {
  const facts = [
    ['request', `${detail.id} at gate ${detail.gate}`],
    ['state', `${detail.state}, version ${detail.version}`],
    ['requester', nameOf(detail.requester)],
    ['asks', `${detail.operation} of ${detail.model ?? '?'} on ${detail.connection}`],
    ['rules', `${detail.rules.join(', ')} (revision ${detail.revision})`],
    ['needs', groupsText(detail)],
    ...(detail.escalatedTo ? [['escalated', `to ${detail.escalatedTo.join(', ')}`]] : []),
    ['since', new Date(detail.requestedAt).toISOString()],
    ['until', `${new Date(detail.expiresAt).toISOString()} (${inWords(detail.expiresAt - now)})`],
    ['digest', detail.digest],
    ...(detail.count > 1 ? [['alike', `${detail.count} live requests on this card`]] : []),
  ];
  const you = detail.you.mayDecide ? 'You may decide.' : `You can't decide: ${detail.you.message ?? ''}`;
  return [table(facts), contentText(detail), editsText(detail), historyText(detail), you]
    .filter((part) => part !== '')
    .join('\n\n');
}

function contentText({ content }: ApprovalDetail): string {
  if (content.shown === 'erased') return 'The content was erased.';
  if (content.shown === 'unavailable')
    return "The content can't be opened right now; look again in a moment.";
  const parts = content.parts.map((part) => {
    const name = part.kind === 'turn' ? (part.role ?? 'turn') : part.kind;
    const mark = part.isNew ? '' : ' (approved earlier)';
    return `── ${name} ${part.index}${mark}\n${part.items.map(itemText).join('\n')}`;
  });
  const masked =
    content.shown === 'masked' ? '(masked; `approvals show ID --reveal REASON` shows it in clear)\n' : '';
  return masked + parts.join('\n');
}

function itemText({ name, segments, attachment }: ContentItem): string {
  if (attachment) {
    const { kind, mediaType, size, digest } = attachment;
    return `${unseenAsText(name)}: [${kind} ${mediaType ?? ''} ${size ?? '?'} bytes, SHA-256 ${digest}]`;
  }
  const text = segments
    .map((segment) => {
      if (segment.invisible) return `⟨${segment.invisible}⟩`;
      const clear = unseenAsText(segment.text);
      return segment.rules ? `»${clear}«` : clear;
    })
    .join('');
  return `${unseenAsText(name)}: ${text}`;
}

function editsText({ edits }: ApprovalDetail): string {
  return edits
    .map(({ version, editor, differences, unreadable }) => {
      const lines = differences.flatMap(({ pointer, before, after }) => [
        `  ${unseenAsText(pointer)}`,
        ...(before === undefined ? [] : [`  - ${unseenAsText(before)}`]),
        ...(after === undefined ? [] : [`  + ${unseenAsText(after)}`]),
      ]);
      const why = unreadable === undefined ? [] : [`  ${textless(unreadable)}`];
      return [`edit to version ${version} by ${unseenAsText(nameOf(editor))}`, ...lines, ...why].join('\n');
    })
    .join('\n');
}

function historyText({ history }: ApprovalDetail): string {
  return table(
    history.map(({ at, kind, what, actor, text, unreadable }) => [
      new Date(at).toISOString(),
      what === undefined ? kind : `${kind} ${what}`,
      actor ? nameOf(actor) : '',
      text === null ? textless(unreadable) : (text ?? ''),
    ]),
  );
}

function textless(why: Unreadable | undefined): string {
  return why === 'unavailable' ? "(can't be opened right now)" : '(erased)';
}

const share = (value: number | null): string => (value === null ? '-' : `${Math.round(value * 100)} %`);
const took = (value: number | null): string => (value === null ? '-' : inWords(value));

/** Statistics as tables. */
export function statsText({
  pending,
  oldestPendingMs,
  rules,
  approvers,
  suggestions,
}: ApprovalStats): string {
  const oldest = oldestPendingMs === null ? '' : `, the oldest for ${inWords(oldestPendingMs)}`;
  const byRule = rules.map((rule) => [
    ...[rule.rule, String(rule.pending), took(rule.oldestPendingMs), String(rule.decided)],
    share(rule.decided === 0 ? null : rule.approved / rule.decided),
    ...[took(rule.p50Ms), took(rule.p95Ms), share(rule.underFiveSeconds)],
  ]);
  const byApprover = approvers.map(({ approver, votes, approved, ...times }) => [
    ...[nameOf(approver), String(votes), share(votes === 0 ? null : approved / votes)],
    ...[took(times.p50Ms), took(times.p95Ms), share(times.underFiveSeconds)],
  ]);
  return [
    `${pending} waiting${oldest}`,
    table([['RULE', 'WAITING', 'OLDEST', 'DECIDED', 'APPROVED', 'P50', 'P95', 'UNDER 5 S'], ...byRule]),
    table([['APPROVER', 'VOTES', 'APPROVED', 'P50', 'P95', 'UNDER 5 S'], ...byApprover]),
    ...suggestions.map(unseenAsText),
  ].join('\n\n');
}
