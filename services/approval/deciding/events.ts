import { createHash } from 'node:crypto';
import {
  type ApprovalDecided,
  approvalDecided,
  approvalEdited,
  type BodyReference,
  carriedBodyLimitBytes,
  type ErrorCode,
  encodeEnvelope,
  errorStatus,
  type Principal,
  type ReleaseSignature,
  type ReleaseTerms,
  type RunEntry,
  requestCompleted,
  requestReleased,
  runKey,
  type Vote,
} from '#contracts';
import type { Outgoing } from '#database';
import type { PeopleReleaseSigner } from '#sealing';
import type { ApprovalRequest } from '../approval-request.entity.ts';

type Row = Readonly<ApprovalRequest>;
const empty = new Uint8Array(0);
const parked = 'parked';

/** A vote, as everybody hears of it. */
export function voteEvent(
  row: Row,
  cast: {
    approver: Principal;
    vote: Vote;
    version: number;
    digest: string;
    at: number;
    reason?: Uint8Array;
    breakGlass?: boolean;
    groups: readonly string[];
    through?: readonly string[] | undefined;
  },
): Outgoing {
  const { approver, vote, version, digest, at, reason, breakGlass } = cast;
  const head: ApprovalDecided = {
    ...{ kind: 'vote', requestId: row.requestId, version, gate: row.gate, digest, approver, vote, at },
    subjectKey: row.subjectKey,
    hasReason: reason !== undefined,
    groups: [...cast.groups],
    ...(cast.through && cast.through.length > 0 && { through: [...cast.through] }),
    ...(breakGlass && { breakGlass }),
  };
  return event(
    row,
    approvalDecided.subject(row.gate),
    `vote:${version}:${whoIs(approver)}:${at}`,
    head,
    reason,
  );
}

/** Somebody reviewed what broke the glass. */
export function reviewEvent(
  row: Row,
  review: { reviewer: Principal; open: boolean; at: number; reason?: Uint8Array },
): Outgoing {
  const { reviewer, open, at, reason } = review;
  const { requestId, version, gate, subjectKey } = row;
  const head: ApprovalDecided = { kind: 'review', requestId, version, gate, reviewer, open, subjectKey, at };
  return event(row, approvalDecided.subject(row.gate), `review:${whoIs(reviewer)}`, head, reason);
}

const whoIs = ({ issuer, subject }: Principal): string =>
  createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 16);

/** What votes or the clock led to. */
export function outcomeEvent(
  row: Row,
  outcome: 'approved' | 'rejected' | 'expired' | 'cancelled',
  at: number,
  signature?: ReleaseSignature,
): Outgoing {
  const head: ApprovalDecided = {
    ...{
      kind: 'outcome',
      requestId: row.requestId,
      version: row.version,
      gate: row.gate,
      digest: row.digest,
    },
    ...{ outcome, subjectKey: row.subjectKey, at },
    ...(signature && { signature }),
  };
  const said = event(row, approvalDecided.subject(row.gate), `outcome:${outcome}:${row.version}`, head);
  // Policy acts on a signed one; of the others a release or a completion tells.
  return signature ? said : { ...said, alongside: true };
}

/** A new version of the content, for policy (or, of an answer, for the record). */
export function editedEvent(
  row: Row,
  edit: { body: BodyReference; sealed: Uint8Array; previousDigest: string; editor: Principal; at: number },
): Outgoing {
  const { body, previousDigest, editor, at: editedAt } = edit;
  const { requestId, version, gate, context, requirement } = row;
  const head = { requestId, version, gate, context, requirement, body, previousDigest, editor, editedAt };
  return event(row, approvalEdited.subject(), `edited:${version}`, head, edit.sealed);
}

/** What a release by people covers. */
export function releaseTerms(row: Row, notAfter: number): ReleaseTerms {
  const { requestId, version, gate, digest, connection, upstreamModel, obligations } = row;
  const { operation } = row.context;
  return { requestId, version, gate, digest, connection, upstreamModel, operation, obligations, notAfter };
}

/** The one running claim of a release; made before the release is heard. */
export function runEntry(row: Row, notAfter: number): Outgoing {
  const entry: RunEntry = { state: 'open', attempt: 0, notAfter };
  const payload = Buffer.from(JSON.stringify(entry));
  return { kind: 'create_entry', orderingKey: row.requestId, bucket: 'runs', key: runKey(row), payload };
}

/** People released it: the model may run it once, or the client may have the answer. */
export function releasedEvent(
  row: Row,
  release: { terms: ReleaseTerms; signature: ReleaseSignature; sealed: Uint8Array | null; at: number },
): Outgoing {
  const { terms, signature, sealed, at } = release;
  const { context, body } = row;
  const carried = sealed !== null && body.bytes <= carriedBodyLimitBytes;
  const head = {
    ...{ terms, signature, subjectKey: row.subjectKey, destination: parked, stream: row.stream },
    body: carried ? { ...body, location: { in: 'tail' } } : body,
    ...{ protocol: context.protocol, method: context.method, path: context.path, headers: context.headers },
    ...{ model: row.model, rules: row.rules, revision: row.revision },
    ...{ receivedAt: context.receivedAt, decidedAt: at, conversation: row.conversation.id, context },
    ...(row.answer && { answer: row.answer }),
  };
  const subject = requestReleased.subject('people', row.connection);
  const id = `${row.requestId}:released:${row.gate}:${row.version}`;
  return { ...event(row, subject, '', head, carried ? sealed : empty), messageId: id };
}

/** An approved conversation prefix isn't held again, for so long. */
export function approvedEntries(
  row: Row,
  { at, signer }: { at: number; signer: PeopleReleaseSigner },
  ttlMs: number,
): Outgoing[] {
  const { requestId, conversation } = row;
  const entry = { requestId, approvedAt: at, expiresAt: at + ttlMs };
  return conversation.approves.map((key) => ({
    kind: 'put_entry',
    orderingKey: requestId,
    bucket: 'approved',
    key,
    payload: Buffer.from(JSON.stringify(signer.approve(key, entry))),
  }));
}

/** Why a request ended without an answer. */
export interface Ending {
  outcome: 'denied' | 'rejected' | 'expired' | 'cancelled' | 'failed';
  code: ErrorCode;
  message: string;
  /** JSON `{reason}`, sealed. */
  reason?: Uint8Array | undefined;
}

/** What the clock says of a request that nobody decided about. */
export const expiredEnding = {
  outcome: 'expired',
  code: 'approval.expired',
  message: 'Nobody decided about this request in time.',
} as const satisfies Ending;

/** What the clock says of a request that was stopped while somebody ran it who didn't end it. */
export const stoppedEnding = {
  outcome: 'rejected',
  code: 'approval.rejected',
  message: 'An approver stopped this.',
} as const satisfies Ending;

/** The request ended here; it never ran. */
export function completedEvent(row: Row, ending: Ending, at: number): Outgoing {
  const { outcome, code, message, reason } = ending;
  const head = {
    ...{ requestId: row.requestId, version: row.version, outcome, code, message, status: errorStatus[code] },
    ...{ tail: reason ? 'reason' : 'none', stream: row.stream, frames: 0, attempt: 0 },
    ...{ edited: row.editor !== null, subjectKey: row.subjectKey, destination: parked },
    ...{ connection: row.connection, model: row.model, rules: row.rules, revision: row.revision },
    findings: [],
    timings: { receivedAt: row.context.receivedAt, decidedAt: at, completedAt: at },
  };
  const subject = requestCompleted.subject(parked);
  return { ...event(row, subject, '', head, reason), messageId: `${row.requestId}:completed` };
}

/** One event about an approval request, in the order of its request's. */
export function event(
  row: Pick<Row, 'id' | 'requestId'>,
  subject: string,
  name: string,
  head: object,
  tail: Uint8Array = empty,
): Outgoing & { kind: 'event' } {
  return {
    kind: 'event',
    orderingKey: row.requestId,
    subject,
    messageId: `${row.id}:${name}`,
    payload: encodeEnvelope(head, tail),
  };
}
