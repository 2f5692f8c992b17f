import type { Command } from 'commander';
import { ReviewList, ReviewView } from '#contracts';
import { addressOf } from '../addresses.ts';
import { type CallerFlags, runCall, withCaller } from '../caller.ts';
import { inWords, jsonText, say, table } from '../terminal.ts';
import { nameOf } from './text.ts';

const usualUrl = addressOf('approval');

/** Adds `reviews list|close`: what was approved by breaking the glass. */
export function registerReviews(program: Command): void {
  const reviews = program.command('reviews').description('what was approved by breaking the glass');
  withCaller(reviews.command('list').description('reviews that are open'), usualUrl).action(
    (flags: CallerFlags) =>
      runCall(flags, async (caller) => {
        const list = await caller.call('GET', '/v1/reviews', ReviewList);
        say(flags.json ? jsonText(list) : listText(list.items, Date.now()));
      }),
  );
  withCaller(reviews.command('close').description('close one for your part').argument('<id>'), usualUrl)
    .requiredOption('--reason <text>', 'what you found')
    .action((id: string, flags: CallerFlags & { reason: string }) =>
      runCall(flags, async (caller) => {
        const path = `/v1/reviews/${encodeURIComponent(id)}/close`;
        const review = await caller.call('POST', path, ReviewView, { reason: flags.reason });
        const left = review.reviewers - review.closedBy.length;
        const text = left > 0 ? `Noted. ${left} more to go.` : 'It is closed.';
        say(flags.json ? jsonText(review) : text);
      }),
    );
}

function listText(items: readonly ReviewView[], now: number): string {
  if (items.length === 0) return 'No review is open.';
  const rows = items.map(({ approvalId, openedBy, openedAt, reviewers, closedBy }) => [
    ...[approvalId, nameOf(openedBy), inWords(now - openedAt), `${closedBy.length}/${reviewers}`],
  ]);
  return table([['ID', 'BY', 'AGO', 'REVIEWED'], ...rows]);
}
