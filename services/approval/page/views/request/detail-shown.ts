import type { ApprovalDetail, CodedError } from '#contracts';
import type { Html } from '../html.ts';
import type { Viewer } from '../layout.ts';

/** What the page of one approval request shows. */
export interface DetailShown {
  viewer: Viewer;
  detail: ApprovalDetail;
  now: number;
  /** Something was just done. */
  notice?: Html | undefined;
  /** Something was just refused, with the version and the words its author had. */
  refused?: { error: CodedError; seenVersion?: number | undefined; reason?: string | undefined } | undefined;
  /** The content was revealed for this once, for this reason. */
  revealedFor?: string | undefined;
}
