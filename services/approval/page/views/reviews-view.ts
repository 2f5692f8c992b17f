import type { CodedError, ReviewList } from '#contracts';
import { approvalPath, pagePaths } from '../paths.ts';
import { type Html, html } from './html.ts';
import { formToken, page, type Viewer } from './layout.ts';
import { keysDialog } from './list-view.ts';
import { moment, person } from './words.ts';

/** What the page of reviews shows. */
export interface ReviewsShown {
  viewer: Viewer;
  list: ReviewList;
  now: number;
  notice?: Html | undefined;
  error?: CodedError | undefined;
}

/** The page of what was approved by breaking the glass and waits for others to look at it. */
export function reviewsPage({ viewer, list, now, notice, error }: ReviewsShown): string {
  return page({
    title: 'Reviews',
    viewer,
    current: 'reviews',
    body: html`
<div class="headline"><h1>Broken glass to review</h1></div>
${notice}
${error && html`<p class="notice bad" role="alert"><strong>Not done.</strong> ${error.message}</p>`}
${list.items.length === 0 && html`<div class="empty"><p><strong>Nothing to review.</strong></p><p>What somebody approves alone shows up here.</p></div>`}
<ol class="rows">${list.items.map((review) => row(review, viewer, now))}</ol>
${keysDialog}`,
  });
}

function row(review: ReviewList['items'][number], viewer: Viewer, now: number): Html {
  const { approvalId, openedBy, openedAt, reviewers, closedBy } = review;
  const field = `why-${approvalId}`;
  return html`<li class="card"><h2>${person(openedBy)} approved alone <span class="soft">${moment(openedAt, now)}</span></h2>
<p class="progress">${closedBy.length} of ${reviewers} reviewed it${closedBy.length > 0 && html`: ${closedBy.map((one) => html`${person(one)} `)}`}</p>
<p><a data-row href="${approvalPath(approvalId)}">Look at what was approved</a></p>
<details><summary>Close it for your part…</summary><form method="post" action="${pagePaths.reviews}/${approvalId}/close">${formToken(viewer)}
<p><label for="${field}">What you found</label><textarea id="${field}" name="reason" required maxlength="2000"></textarea></p>
<p><button class="go">Close for my part</button></p></form></details></li>`;
}
