import {
  ApprovalRequirement,
  type IncidentList,
  type PersonView,
  type RecordedContent,
  type RecordedDecision,
  type RecordedVersion,
  type SessionDetail,
  type SessionSummary,
} from '#contracts';
import { inWords, table, unseenAsText } from '../terminal.ts';
import { readableAnswer, readablePrompt } from './reading/readable.ts';
import type { PlayedStep, Reading } from './reading/readable-steps.ts';

const who = (person: PersonView | null | undefined): string =>
  person ? (person.email ?? person.name ?? person.subject) : '(erased)';
const time = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString());
const shown = (content: RecordedContent): string => content.text ?? `[${content.state}]`;
/** A text that stays in its line and passes for no other. */
const inLine = (text: string): string => unseenAsText(text).replaceAll('\n', '⟨U+000A⟩');
const oneWho = (person: PersonView | null | undefined): string => inLine(who(person));
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
export function sessionText(detail: SessionDetail, reading: Reading): string {
  const { requester, proof } = detail;
  const lines = [
    `request     ${detail.id}`,
    `by          ${oneWho(requester)}${requester ? ` (${inLine(requester.groups.join(', '))})` : ''}, ${inLine(detail.client ?? 'unknown client')}`,
    `to          ${detail.connection ?? '-'}, model ${inLine(detail.model ?? '-')}, ${detail.operation ?? '-'}`,
    `outcome     ${[detail.outcome ?? 'under way', detail.status, detail.code].filter((part) => part !== null).join(' ')}`,
    `received    ${time(detail.receivedAt)}`,
    `completed   ${time(detail.completedAt)}${durationOf(detail)}`,
    ...decisionLines(detail),
    ...detail.votes.map(
      (vote) =>
        `vote        ${oneWho(vote.approver)}: ${vote.vote} ${vote.gate} version ${vote.version} at ${time(vote.at)}${vote.reason ? `: ${inLine(shown(vote.reason))}` : ''}`,
    ),
    ...(detail.justification ? [`justified   ${inLine(shown(detail.justification))}`] : []),
    ...(detail.address === undefined ? [] : [`address     ${inLine(detail.address)}`]),
    ...detail.versions.flatMap((version) => [
      `content     ${version.gate} version ${version.version} by ${version.gate === 'response' && version.by === null ? 'the model' : oneWho(version.by)}, ${version.bytes} bytes, sha256 ${version.digest}`,
      indented(versionText(detail, version, reading)),
    ]),
    ...answerLines(detail, reading),
    `timings     ${timingText(detail)}`,
    `digests     sent ${detail.digests.sent ?? '-'}, answer ${detail.digests.answer ?? '-'}`,
    ...detail.steps.map(
      (step) =>
        `${time(step.at)}  ${step.index}  ${step.event}  ${inLine(step.what)}${step.by ? ` (${oneWho(step.by)})` : ''}`,
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

function versionText(detail: SessionDetail, { gate, content }: RecordedVersion, { bodies }: Reading): string {
  const text = shown(content);
  if (content.state !== 'shown' || !bodies || gate === 'change') return text;
  return (gate === 'response' ? readableAnswer(detail, text) : readablePrompt(detail, text)) ?? text;
}

function answerLines(detail: SessionDetail, reading: Reading): string[] {
  const { answer, promptTokens, completionTokens } = detail;
  if (answer === null) return [];
  const masked = answer.findings.map((one) => `${one.count} ${one.entity} (${one.where})`).join(', ');
  return [
    `answer      ${answer.kind}${answer.message ? `: ${inLine(answer.message)}` : ''}`,
    ...(answer.kind === 'none' ? [] : [indented(answerText(detail, answer, reading))]),
    `masked      ${masked || 'nothing'}`,
    `tokens      ${promptTokens ?? '-'} in, ${completionTokens ?? '-'} out`,
  ];
}

/** A transcript is kept with the time of each frame; here only its text counts. */
function answerText(
  detail: SessionDetail,
  { kind, content }: NonNullable<SessionDetail['answer']>,
  { streams, bodies }: Reading,
): string {
  const text = shown(content);
  if (content.state !== 'shown' || kind === 'reason') return text;
  if (kind === 'body') return (bodies ? readableAnswer(detail, text) : undefined) ?? text;
  const frames: unknown = JSON.parse(text);
  const sent = Array.isArray(frames) ? frames.map((frame) => String(frame[1])).join('') : text;
  return (streams ? readableAnswer(detail, sent) : undefined) ?? sent;
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
export function stepText({ atMs, kind, by, gate, label, text }: Omit<PlayedStep, 'continues'>): string {
  const clock = `${(atMs / 1000).toFixed(3)} s`.padStart(12);
  const what =
    kind === 'answer' && gate === 'response'
      ? 'answer before people'
      : [kind, label].filter(Boolean).join(', ');
  return `${clock}  ${inLine(what)}${by ? ` by ${inLine(who(by))}` : ''}: ${continuedText(text)}`;
}

/** More of a step's text: no line of it can pass for a step of its own. */
export function continuedText(text: string): string {
  return unseenAsText(text).replaceAll('\n', `\n${' '.repeat(12)}│ `);
}
