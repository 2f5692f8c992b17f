import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ActiveConfig } from '#boot';
import {
  type ApprovalDetail,
  type ContentView,
  type HistoryEntry,
  shownProfile,
  writtenAddress,
} from '#contracts';
import { UnitOfWork } from '#database';
import { differencesOf } from '#protocols';
import { compileMasker } from '#redaction';
import { ContentErasedError } from '#sealing';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import { decideVote } from '../deciding/decision/decide.ts';
import { Judging } from '../deciding/judging.ts';
import type { Reader } from '../listing/access.ts';
import { foundOf, personView, summaryOf } from '../listing/list.ts';
import { ApprovalVersion } from './approval-version.entity.ts';
import { Content } from './content.ts';
import type { Mask } from './masked.ts';
import { type Readable, readable } from './readable.ts';
import { type Recorded, type RecordedLine, recordedOf } from './record.ts';
import { type Viewing, viewContent } from './view.ts';

/** Keys the placeholders under which approvers see masked content; they are for the eye only. */
const displayKey = randomBytes(32);
const blocked = '[REDACTED]';
/** Differences of at most so many of the latest edits are shown. */
const shownEdits = 20;

type Kept = NonNullable<Recorded['content']>;

/** Puts together everything people need in order to decide. */
@Injectable()
export class Showing {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly content: Content,
    private readonly config: ActiveConfig,
  ) {}

  /**
   * One approval request, complete; masked where the configuration says so. What can't be opened right now is named so:
   * everything else is there.
   */
  async detail(row: ApprovalRequest, reader: Reader, at: number): Promise<ApprovalDetail> {
    const mask = this.maskOf(row);
    const { votes, followers, notifications, ...recorded } = await recordedOf(this.unit, row);
    const [content, edits, history] = await Promise.all([
      readable(this.open(row, recorded.content)).then((read) => viewOf(row, read, mask)),
      this.edits(row, mask),
      this.history(row, recorded.history),
    ]);
    const found = foundOf(row);
    const { upstreamModel, stream, requirement, matches } = row;
    const { denyThreshold, editNeedsOtherApprover } = requirement;
    return {
      ...summaryOf(row, this.judging, votes, 1 + followers),
      ...(found && { found }),
      ...{ upstreamModel, stream, denyThreshold, editNeedsOtherApprover, matches },
      protocol: row.context.protocol,
      conversation: { id: row.conversation.id, newSinceTurn: row.conversation.newSinceTurn },
      ...{ content, edits, history, notifications, you: this.mayDecide(row, votes, reader, at) },
    };
  }

  /** The content in clear, whatever the configuration says. Throws `MissingDependencyError` where it is unavailable. */
  reveal(row: ApprovalRequest): Promise<ContentView> {
    return this.contentView(row, undefined);
  }

  /** The content under the profile that approvers see it with; undefined where they see it in clear. Throws as `reveal`. */
  async masked(row: ApprovalRequest): Promise<ContentView | undefined> {
    const mask = this.maskOf(row);
    return mask && this.contentView(row, mask);
  }

  /** The bytes of the version in hand. Throws as `Content.open`. */
  async bytes(row: ApprovalRequest): Promise<Buffer> {
    return this.open(row, await this.versionOf(row));
  }

  private versionOf({ id: approvalId, version }: ApprovalRequest): Promise<ApprovalVersion | null> {
    return this.unit.read((manager) => manager.findOneBy(ApprovalVersion, { approvalId, version }));
  }

  /** The content alone: who asks for that comes back where it is unavailable. */
  private async contentView(row: ApprovalRequest, mask: Mask | undefined): Promise<ContentView> {
    const opening = this.bytes(row);
    const read = await readable(opening);
    if (read.unreadable === 'unavailable') await opening;
    return viewOf(row, read, mask);
  }

  private async open(row: ApprovalRequest, version: Kept | null): Promise<Buffer> {
    if (!version) throw new ContentErasedError();
    return this.content.open(row, version);
  }

  private async edits(row: ApprovalRequest, mask: Mask | undefined): Promise<ApprovalDetail['edits']> {
    if (row.version === 1) return [];
    const versions = await this.unit.read((manager) =>
      manager.find(ApprovalVersion, {
        where: { approvalId: row.id },
        order: { version: 'DESC' },
        take: shownEdits + 1,
      }),
    );
    const edits: ApprovalDetail['edits'] = [];
    let unavailable: Readable<Difference[]> | undefined;
    for (const [index, next] of versions.entries()) {
      const before = versions[index + 1];
      if (!before || !next.editor) break;
      const compared = unavailable ?? (await readable(this.compare(row, before, next)));
      // The others have the same key: it is asked for once.
      if (compared.unreadable === 'unavailable') unavailable = compared;
      const { clear, unreadable } = compared;
      const differences = (clear ?? []).map((each) => (mask ? maskDifference(each, mask) : each));
      edits.push({
        ...{ version: next.version, editor: personView(next.editor), at: next.at.getTime(), differences },
        ...(unreadable && { unreadable }),
      });
    }
    return edits;
  }

  private async compare(row: ApprovalRequest, before: Kept, next: Kept): Promise<Difference[]> {
    const [old, fresh] = await Promise.all([this.open(row, before), this.open(row, next)]);
    return differencesOf(old, fresh);
  }

  private history(row: ApprovalRequest, lines: readonly RecordedLine[]): Promise<HistoryEntry[]> {
    return Promise.all(
      lines.map(async ({ kind, version, at, actor, what, sealed }) => {
        const note = sealed && (await readable(this.content.openNote(row, kind, sealed)));
        return {
          ...{ kind, version, at },
          ...(actor && { actor: personView(actor) }),
          ...(what !== null && { what }),
          ...(note && { text: note.clear, ...(note.unreadable && { unreadable: note.unreadable }) }),
        };
      }),
    );
  }

  private mayDecide(
    row: ApprovalRequest,
    votes: Recorded['votes'],
    { principal, mayBreakGlass = false }: Reader,
    at: number,
  ): ApprovalDetail['you'] {
    const approval = this.judging.withVotes(row, votes);
    const groups = this.judging.groupsFor(principal, row);
    const { version, digest } = row;
    const command = { approver: principal, groups, version, digest, hasReason: true, at };
    // A rejection is what the fewest rules keep a person from.
    const { refusal } = decideVote(approval, { ...command, vote: 'reject' });
    return refusal ? { mayDecide: false, ...refusal, mayBreakGlass } : { mayDecide: true, mayBreakGlass };
  }

  private maskOf(row: ApprovalRequest): Mask | undefined {
    // Who agrees to a change of the policy has to see all of it.
    if (row.gate === 'change') return undefined;
    const profile = shownProfile(this.config.current?.document);
    if (profile === undefined) return undefined;
    const masker = compileMasker(profile, { key: displayKey, scope: row.requestId });
    return (text) => {
      const masked = masker.maskText(text);
      if (!masked.blocked) return masked;
      return { text: blocked, findings: [{ start: 0, end: text.length, standsFor: blocked.length }] };
    };
  }
}

function viewOf(
  row: ApprovalRequest,
  { clear, unreadable }: Readable<Buffer>,
  mask: Mask | undefined,
): ContentView {
  const { bytes } = row.body;
  if (!clear) return { shown: unreadable, bytes, parts: [] };
  let isMasked = false;
  const watched: Mask | undefined =
    mask &&
    ((text) => {
      const masked = mask(text);
      isMasked ||= masked.text !== text;
      return masked;
    });
  const viewing: Viewing = {
    ...{ gate: row.gate, stream: row.answer?.stream ?? row.stream, matches: row.matches, mask: watched },
    ...{ protocol: row.context.protocol, operation: row.context.operation },
    newSinceTurn: row.conversation.newSinceTurn,
    address: writtenAddress(row.context),
  };
  const parts = viewContent(clear, viewing);
  return { shown: isMasked ? 'masked' : 'clear', bytes, parts };
}

type Difference = ApprovalDetail['edits'][number]['differences'][number];

function maskDifference(difference: Difference, mask: Mask): Difference {
  const { before, after } = difference;
  return {
    ...difference,
    ...(before !== undefined && { before: mask(before).text }),
    ...(after !== undefined && { after: mask(after).text }),
  };
}
