import type { BodyReference, Principal } from '#contracts';
import { carriedBodyLimitBytes } from '#contracts';
import type { Transaction } from '#database';
import type { PeopleReleaseSigner } from '#sealing';
import type { NoteKind } from '../approval-note.entity.ts';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { announce } from '../listing/feed.ts';
import { Review } from '../reviewing/review.entity.ts';
import { ApprovalVersion, storedName } from '../showing/approval-version.entity.ts';
import { leaveCard } from './card.ts';
import type { Change, Decision } from './decision/decision.ts';
import { escalatedTo } from './decision/eligible.ts';
import {
  approvedEntries,
  completedEvent,
  type Ending,
  editedEvent,
  expiredEnding,
  outcomeEvent,
  releasedEvent,
  releaseTerms,
  runEntry,
  voteEvent,
} from './events.ts';

/** What carrying out a decision takes besides the decision. */
export interface Means {
  signer: PeopleReleaseSigner;
  /** How long a release may wait for the model. */
  releaseValidMs: number;
  /** How long an approved conversation prefix isn't held again; 0: not at all. */
  conversationMs: number;
  /** Ms since the epoch. */
  at: number;
  actor?: Principal;
  /** JSON `{reason}`, sealed. */
  reason?: Uint8Array | undefined;
  /** What the client is told of a request that ends without an answer, where it isn't what its outcome says. */
  ending?: Ending;
  /** The content of an edit; null where it is in the object store. */
  edit?: { body: BodyReference; sealed: Buffer | null };
  /** Groups it was escalated to, through which the actor speaks for others. */
  through?: readonly string[];
  /** The vote stands alone, without the quorum. */
  breakGlass?: boolean;
  /** Where the content lasts, if not where it was. */
  body?: BodyReference;
  /** The sealed content that a release may carry, where it was read already. */
  content?: Buffer | null;
  /** Of what was stopped: until then the one who runs it ends the request. */
  endsUntil?: number;
  /** The request's `xmin` where it isn't locked: nothing is written where it has another one by then. */
  seen?: string;
  /** What policy said of an edited version, besides the requirement. */
  heldAs?: Partial<ApprovalRequest>;
}

/** Changes after which a request is no longer what its card shows. */
const leaving: readonly Change['kind'][] = ['edited', 'ended', 'moved'];

/**
 * Writes a decision's changes, and what is to be said of them, into one transaction. `row` must be locked in it, or
 * `means.seen` say what it was. Most is written with the commit: see `Transaction.write`. Each decision changes the row,
 * if only its `xmin`: whoever looked at it before decides anew.
 */
export async function carryOut(
  transaction: Transaction,
  row: ApprovalRequest,
  decision: Decision,
  means: Means,
): Promise<void> {
  if (decision.changes.length === 0) return;
  const patch: Partial<ApprovalRequest> = {};
  const set = (values: Partial<ApprovalRequest>): void => {
    Object.assign(row, values);
    Object.assign(patch, values);
  };
  const breakGlass = decision.changes.some(({ kind }) => kind === 'glass_broken');
  const given = { ...means, breakGlass };
  for (const change of decision.changes) await carryOutChange(transaction, row, change, given, set);
  if (decision.changes.some(({ kind }) => leaving.includes(kind))) leaveCard(transaction, row, set);
  const changed = Object.keys(patch).length > 0 ? patch : { state: row.state };
  transaction.update(ApprovalRequest, row.id, changed, means.seen);
  announce(transaction, row);
}

type Set = (values: Partial<ApprovalRequest>) => void;

async function carryOutChange(
  transaction: Transaction,
  row: ApprovalRequest,
  change: Change,
  means: Means,
  set: Set,
): Promise<void> {
  switch (change.kind) {
    case 'voted':
      return castVote(transaction, row, change, means);
    case 'glass_broken':
      return openReview(transaction, row, change.reviewers, means);
    case 'edited':
      return edit(transaction, row, change, means, set);
    case 'held_again': {
      const { requirement, expiresAt } = change;
      const required = requirement.groups.map(({ group }) => group);
      // Those it was escalated to stay.
      const others = escalatedTo(row.groups, row.requirement).filter((group) => !required.includes(group));
      const groups = [...required, ...others];
      set({ ...means.heldAs, state: 'pending', requirement, groups, expiresAt: new Date(expiresAt) });
      return note(transaction, row, 'held_again', means);
    }
    case 'ended':
      return end(transaction, row, change.outcome, means, set);
    case 'moved':
      set({ state: change.state });
      if (change.state === 'stopped') {
        set({ notAfter: means.endsUntil === undefined ? null : new Date(means.endsUntil) });
      }
      return note(transaction, row, 'moved', means, change.state);
    case 'stop_heard':
      return set({ notAfter: null });
    default:
      return change satisfies never;
  }
}

function castVote(
  transaction: Transaction,
  row: ApprovalRequest,
  { vote: cast, version }: Change & { kind: 'voted' },
  means: Means,
): void {
  const { approver, vote, groups } = cast;
  const { at, reason, breakGlass = false, through } = means;
  const { issuer, subject } = approver;
  transaction.write(
    `insert into approval_vote (approval_id, version, issuer, subject, approver, vote, at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (approval_id, version, issuer, subject)
     do update set approver = excluded.approver, vote = excluded.vote, at = excluded.at`,
    [row.id, version, issuer, subject, approver, vote, new Date(at)],
  );
  note(transaction, row, 'voted', means, vote);
  const said = {
    approver,
    vote,
    groups,
    version,
    digest: row.digest,
    at,
    breakGlass,
    through,
    ...(reason && { reason }),
  };
  transaction.publish(voteEvent(row, said));
}

async function openReview(
  transaction: Transaction,
  row: ApprovalRequest,
  reviewers: number,
  means: Means,
): Promise<void> {
  const openedAt = new Date(means.at);
  const review = { approvalId: row.id, openedBy: means.actor, openedAt, reviewers, closedBy: [] };
  await transaction.manager.insert(Review, review as object);
  note(transaction, row, 'glass_broken', means);
}

async function edit(
  transaction: Transaction,
  row: ApprovalRequest,
  { version, digest, editor, state }: Change & { kind: 'edited' },
  means: Means,
  set: Set,
): Promise<void> {
  if (!means.edit) throw new Error('an edit needs its content');
  const { body, sealed } = means.edit;
  const previousDigest = row.digest;
  set({ version, digest, body, editor, state });
  const { at } = means;
  await transaction.manager.insert(ApprovalVersion, {
    ...{ approvalId: row.id, version, digest, bytes: body.bytes, sealed, at: new Date(at) },
    ...{ stored: sealed ? null : storedName(body.location), editor: editor as object },
  });
  note(transaction, row, 'edited', means);
  const content = body.location.in === 'tail' && sealed ? sealed : new Uint8Array(0);
  transaction.publish(editedEvent(row, { body, sealed: content, previousDigest, editor, at }));
}

async function end(
  transaction: Transaction,
  row: ApprovalRequest,
  outcome: 'approved' | 'rejected' | 'expired' | 'cancelled',
  means: Means,
  set: Set,
): Promise<void> {
  const { at, signer } = means;
  set({ state: outcome, decidedAt: new Date(at) });
  note(transaction, row, 'ended', means, outcome);
  const notAfter = at + means.releaseValidMs;
  if (row.gate === 'change') {
    // Signed only where it allows something: the signature doesn't cover the word `approved`.
    const signature = outcome === 'approved' ? signer.sign(releaseTerms(row, at)) : undefined;
    transaction.publish(outcomeEvent(row, outcome, at, signature));
    return;
  }
  transaction.publish(outcomeEvent(row, outcome, at));
  if (outcome !== 'approved') {
    transaction.publish(completedEvent(row, means.ending ?? endingOf(outcome, means.reason), at));
    return;
  }
  set({ notAfter: new Date(notAfter), ...(means.body && { body: means.body }) });
  const terms = releaseTerms(row, notAfter);
  const release = {
    terms,
    signature: signer.sign(terms),
    sealed: await carriedContent(transaction, row, means.content),
    at,
  };
  if (means.conversationMs > 0) transaction.publish(...approvedEntries(row, means, means.conversationMs));
  transaction.publish(runEntry(row, notAfter), releasedEvent(row, release));
}

/** The sealed content where it is small enough for a release to carry it. */
async function carriedContent(
  transaction: Transaction,
  row: ApprovalRequest,
  known: Buffer | null | undefined,
): Promise<Buffer | null> {
  if (row.body.bytes > carriedBodyLimitBytes) return null;
  if (known !== undefined) return known;
  const version = await transaction.manager.findOneBy(ApprovalVersion, {
    approvalId: row.id,
    version: row.version,
  });
  return version?.sealed ?? null;
}

function endingOf(outcome: 'rejected' | 'expired' | 'cancelled', reason: Uint8Array | undefined): Ending {
  switch (outcome) {
    case 'rejected':
      return { outcome, code: 'approval.rejected', message: 'An approver rejected this request.', reason };
    case 'expired':
      return expiredEnding;
    case 'cancelled':
      return { outcome, code: 'approval.cancelled', message: 'The requester cancelled this request.' };
    default:
      return outcome satisfies never;
  }
}

/** Adds a line to an approval request's history, with the commit. */
export function note(
  transaction: Transaction,
  row: Pick<ApprovalRequest, 'id' | 'version'>,
  kind: NoteKind,
  means: Pick<Means, 'at' | 'actor' | 'reason'>,
  what?: string,
): void {
  const isSaid = means.reason && (kind !== 'ended' || means.actor === undefined);
  transaction.insert('approval_note', {
    ...{ approval_id: row.id, version: row.version, kind, what: what ?? null, at: new Date(means.at) },
    ...{ actor: means.actor ?? null, sealed: isSaid && means.reason ? Buffer.from(means.reason) : null },
  });
}
