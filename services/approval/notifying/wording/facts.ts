import { Injectable } from '@nestjs/common';
import type { ApprovalSummary, ContentView, NotificationKind, NotifiedContent, PersonView } from '#contracts';
import { UnitOfWork } from '#database';
import { ApprovalRequest } from '../../approval-request.entity.ts';
import { ApprovalSettings } from '../../config.ts';
import { Listing, personView } from '../../listing/list.ts';
import { approvalLink } from '../../page/paths.ts';
import { Showing } from '../../showing/showing.ts';
import type { Delivery } from '../delivering/delivery.entity.ts';
import { contentText } from './content-text.ts';

/** Everything a notification may say. Who reads it is told no more than the channel's `content` allows. */
export interface Facts {
  id: string;
  kind: NotificationKind;
  /** The outcome, or the group it was escalated to. */
  what: string | null;
  /** Whom it is addressed to: `group:NAME`, `requester`, `voter`, `webhook`. */
  audience: string;
  /** When it happened, ms since the epoch. */
  at: number;
  version: number;
  summary: ApprovalSummary;
  /** So many places made the rules match. */
  matches: number;
  /** The page; it carries no authority. */
  link: string;
  /** Who changed what now waits. */
  editor?: PersonView;
  content?: { shown: 'masked' | 'clear'; text: string };
}

/** Puts together what one delivery says, at the moment it is sent. */
@Injectable()
export class FactsReader {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly listing: Listing,
    private readonly showing: Showing,
    private readonly settings: ApprovalSettings,
  ) {}

  /** The request a delivery is about; null where it is there no more. */
  row({ approvalId: id }: Delivery): Promise<ApprovalRequest | null> {
    return this.unit.read((manager) => manager.findOneBy(ApprovalRequest, { id }));
  }

  /** Throws `MissingDependencyError` where content is to be sent and can't be opened right now. */
  async read(delivery: Delivery, row: ApprovalRequest, level: NotifiedContent): Promise<Facts> {
    const { id, kind, what, audience, at, version } = delivery;
    const [summary] = await this.unit.read((manager) => this.listing.summaries(manager, [row]));
    if (!summary) throw new Error(`${row.id}: no summary`);
    const content = await this.content(delivery, row, level);
    return {
      ...{ id, kind, what, audience, at: at.getTime(), version, summary },
      matches: row.matches.length,
      link: approvalLink(this.settings.publicUrl, row.id),
      ...(row.editor && { editor: personView(row.editor) }),
      ...(content && { content }),
    };
  }

  /** The version that the notice is about, as long as it is the one in hand, and only for those who decide. */
  private async content(
    { kind, version, audience }: Delivery,
    row: ApprovalRequest,
    level: NotifiedContent,
  ): Promise<Facts['content']> {
    const forDeciders = kind !== 'decided' && (audience === 'webhook' || audience.startsWith('group:'));
    if (level === 'none' || !forDeciders || version !== row.version) return undefined;
    const view = await (level === 'full' ? this.showing.reveal(row) : this.showing.masked(row));
    return view && shownContent(view);
  }
}

function shownContent(view: ContentView): Facts['content'] {
  const { shown } = view;
  return shown === 'clear' || shown === 'masked' ? { shown, text: contentText(view) } : undefined;
}
