import { pagePaths } from '../paths.ts';
import { type Html, html } from './html.ts';

const notices = {
  approved: { tone: 'good', text: 'Your approval is recorded.' },
  rejected: { tone: 'good', text: 'Your rejection is recorded.' },
  edited: { tone: 'good', text: 'Your edit is recorded.' },
  withdrawn: { tone: 'good', text: 'The approval was taken back.' },
  'grant-revoked': { tone: 'good', text: 'The grant was taken back: nothing uses it any more.' },
  reviewed: { tone: 'good', text: 'Your review is recorded.' },
  'rejected-many': { tone: 'good', text: 'Rejected, as far as you may decide about them.' },
} as const;
export type NoticeName = keyof typeof notices;

/** What the address says was done last; nothing for words that are not ours. */
export function noticeOf(query: unknown): Html | undefined {
  const name = (query as { said?: unknown } | undefined)?.said;
  if (typeof name !== 'string' || !Object.hasOwn(notices, name)) return undefined;
  const { tone, text } = notices[name as NoticeName];
  return html`<p class="notice ${tone}" role="status"><span>${text} <a href="${pagePaths.list}">All that waits</a></span></p>`;
}
