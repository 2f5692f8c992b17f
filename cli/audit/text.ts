import {
  ApprovalRequirement,
  type IncidentList,
  type PersonView,
  type RecordedContent,
  type RecordedDecision,
  type ReplayStep,
  type SessionDetail,
  type SessionSummary,
} from '#contracts';
import { inWords, table, unseenAsText } from '../terminal.ts';

const who = (person: PersonView | null | undefined): string =>
  person ? (person.email ?? person.name ?? person.subject) : '(erased)';
const time = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString());
const shown = (content: RecordedContent): string => content.text ?? `[${content.state}]`;
const indented = (text: string): string =>
  unseenAsText(text)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');

/** A page of requests as a table. */
export function sessionsText(items: readonly SessionSummary[]): string {
  if (items.length === 0) return 'none';
  const rows = items.map((one) => [
    time(one.receivedAt),
    one.id,
    who(one.requester),
    one.connection ?? '-',
    one.model ?? '-',
    one.outcome ?? (one.held ? 'held' : 'running'),
    one.rules.join(','),
  ]);
  return table([['RECEIVED', 'REQUEST', 'BY', 'CONNECTION', 'MODEL', 'OUTCOME', 'RULES'], ...rows]);
}

/** One request, complete. */
export function sessionText(detail: SessionDetail): string {
  const { requester, proof } = detail;
  const lines = [
    `request     ${detail.id}`,
    `by          ${who(requester)}${requester ? ` (${requester.groups.join(', ')})` : ''}, ${detail.client ?? 'unknown client'}`,
    `to          ${detail.connection ?? '-'}, model ${detail.model ?? '-'}, ${detail.operation ?? '-'}`,
    `outcome     ${[detail.outcome ?? 'under way', detail.status, detail.code].filter((part) => part !== null).join(' ')}`,
    `received    ${time(detail.receivedAt)}`,
    `completed   ${time(detail.completedAt)}${durationOf(detail)}`,
    ...decisionLines(detail),
    ...detail.votes.map(
      (vote) =>
        `vote        ${who(vote.approver)}: ${vote.vote} ${vote.gate} version ${vote.version} at ${time(vote.at)}${vote.reason ? `: ${unseenAsText(shown(vote.reason))}` : ''}`,
    ),
    ...(detail.justification ? [`justified   ${unseenAsText(shown(detail.justification))}`] : []),
    ...(detail.address === undefined ? [] : [`address     ${unseenAsText(detail.address)}`]),
    ...detail.versions.flatMap((version) => [
      `content     ${version.gate} version ${version.version} by ${version.gate === 'response' && version.by === null ? 'the model' : who(version.by)}, ${version.bytes} bytes, sha256 ${version.digest}`,
      indented(shown(version.content)),
    ]),
    ...answerLines(detail),
    `timings     ${timingText(detail)}`,
    `digests     sent ${detail.digests.sent ?? '-'}, answer ${detail.digests.answer ?? '-'}`,
    ...detail.steps.map(
      (step) =>
        `${time(step.at)}  ${step.index}  ${step.event}  ${unseenAsText(step.what)}${step.by ? ` (${who(step.by)})` : ''}`,
    ),
    proof === null
      ? 'proof       not covered by a checkpoint yet'
      : `proof       ${proof.entries.length} entries under checkpoint of size ${proof.checkpoint.split('\n')[1]}`,
  ];
  return lines.join('\n');
}

function durationOf({ receivedAt, completedAt }: SessionDetail): string {
  return receivedAt === null || completedAt === null ? '' : ` (after ${inWords(completedAt - receivedAt)})`;
}

function decisionText({ effect, gate, version, rules, revision, at }: RecordedDecision): string {
  const by = `${rules.join(', ') || 'no rule'}${revision === '' ? '' : ` (revision ${revision})`}`;
  return `${gate} version ${version} ${effect}: ${by} at ${time(at)}`;
}

/** Which groups had to agree. */
function neededOf(requirement: unknown): string[] {
  const { success, data } = ApprovalRequirement.safeParse(requirement);
  if (!success) return [];
  const groups = data.groups.map(({ group, quorum }) => `${quorum} of ${group}`);
  return [`  needed    ${groups.join(data.mode === 'all' ? ' and ' : ' or ')}`];
}

function decisionLines(detail: SessionDetail): string[] {
  return detail.decisions.flatMap((decision) => [
    `decision    ${decisionText(decision)}`,
    ...neededOf(decision.requirement),
    ...decision.matches.map(
      (match) =>
        `  matched   ${match.rule}: ${match.condition} at ${match.pointer} ${match.start}-${match.end}`,
    ),
  ]);
}

function answerLines({ answer, promptTokens, completionTokens }: SessionDetail): string[] {
  if (answer === null) return [];
  const masked = answer.findings.map((one) => `${one.count} ${one.entity} (${one.where})`).join(', ');
  return [
    `answer      ${answer.kind}${answer.message ? `: ${unseenAsText(answer.message)}` : ''}`,
    ...(answer.kind === 'none' ? [] : [indented(answerText(answer))]),
    `masked      ${masked || 'nothing'}`,
    `tokens      ${promptTokens ?? '-'} in, ${completionTokens ?? '-'} out`,
  ];
}

/** A transcript is kept with the time of each frame; here only its text counts. */
function answerText(answer: NonNullable<SessionDetail['answer']>): string {
  const text = shown(answer.content);
  if (answer.kind !== 'transcript' || answer.content.state !== 'shown') return text;
  const frames: unknown = JSON.parse(text);
  return Array.isArray(frames) ? frames.map((frame) => String(frame[1])).join('') : text;
}

function timingText(detail: SessionDetail): string {
  const startMs = detail.receivedAt ?? 0;
  const parts = Object.entries(detail.timings).filter(([name]) => name !== 'receivedAt');
  return parts.map(([name, ms]) => `${name} +${ms - startMs} ms`).join(', ') || '-';
}

/** What should be looked at. */
export function incidentsText(list: IncidentList): string {
  const state = `${list.size} entries, this replica is ${list.writer}`;
  if (list.items.length === 0) return `nothing is missing (${state})`;
  const rows = list.items.map((one) => [
    time(one.at),
    one.kind,
    one.code,
    one.requestId ?? '-',
    one.from === one.to ? String(one.from) : `${one.from}-${one.to}`,
  ]);
  return `${table([['FOUND', 'KIND', 'CODE', 'REQUEST', 'SEQUENCE'], ...rows])}\n${state}`;
}

/** One step of a replay. */
export function stepText({ atMs, kind, by, text }: ReplayStep): string {
  const clock = `${(atMs / 1000).toFixed(3)} s`.padStart(12);
  return `${clock}  ${kind}${by ? ` by ${who(by)}` : ''}: ${unseenAsText(text)}`;
}
