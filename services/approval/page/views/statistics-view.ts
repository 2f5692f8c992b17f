import type { ApprovalStats } from '#contracts';
import { pagePaths } from '../paths.ts';
import { type Html, html } from './html.ts';
import { page, type Viewer } from './layout.ts';
import { keysDialog } from './list-view.ts';
import { lengthOf, moment, person } from './words.ts';

/** What the page of statistics shows. */
export interface StatisticsShown {
  viewer: Viewer;
  stats: ApprovalStats;
  now: number;
}

/** The page of how much waits and how people decide. */
export function statisticsPage({ viewer, stats, now }: StatisticsShown): string {
  const { pending, oldestPendingMs, rules, approvers, suggestions } = stats;
  const oldest =
    oldestPendingMs !== null && html`, the oldest since ${moment(now - Math.max(0, oldestPendingMs), now)}`;
  return page({
    title: 'Statistics',
    viewer,
    current: 'statistics',
    body: html`
<div class="headline"><h1>How people decide</h1><span class="soft">over ${lengthOf(now - stats.since)}</span></div>
<p><a href="${pagePaths.list}">${pending} ${pending === 1 ? 'waits' : 'wait'}</a>${oldest}.</p>
${suggestions.map((text) => html`<p class="notice wait">${text}</p>`)}
${rules.length === 0 ? html`<div class="empty"><p><strong>Nothing was held yet.</strong></p></div>` : ruleTable(rules)}
${approvers.length > 0 && approverTable(approvers)}
${keysDialog}`,
  });
}

function ruleTable(rules: ApprovalStats['rules']): Html {
  return html`<section class="card table" role="region" aria-labelledby="rules" tabindex="0"><h2 id="rules">By rule</h2>
<table><thead><tr><th scope="col">Rule</th><th scope="col">Wait</th><th scope="col">Oldest</th><th scope="col">Decided</th><th scope="col">Approved</th>
<th scope="col">Half within</th><th scope="col">95 % within</th><th scope="col">Under 5 s</th></tr></thead>
<tbody>${rules.map(ruleRow)}</tbody></table></section>`;
}

function ruleRow({
  rule,
  pending,
  oldestPendingMs,
  decided,
  approved,
  ...times
}: ApprovalStats['rules'][number]): Html {
  const waiting =
    pending === 0
      ? '0'
      : html`<a href="${pagePaths.list}?${new URLSearchParams({ rule }).toString()}">${pending}</a>`;
  return html`<tr><th scope="row"><span class="rule">${rule}</span></th><td>${waiting}</td>
<td>${took(oldestPendingMs)}</td><td>${decided}</td>
<td>${share(decided === 0 ? null : approved / decided)}</td><td>${took(times.p50Ms)}</td><td>${took(times.p95Ms)}</td>
<td>${share(times.underFiveSeconds)}</td></tr>`;
}

function approverTable(approvers: ApprovalStats['approvers']): Html {
  const rows = approvers.map(
    ({ approver, votes, approved, ...times }) =>
      html`<tr><th scope="row">${person(approver)}</th><td>${votes}</td><td>${share(approved / votes)}</td>
<td>${took(times.p50Ms)}</td><td>${took(times.p95Ms)}</td><td>${share(times.underFiveSeconds)}</td></tr>`,
  );
  return html`<section class="card table" role="region" aria-labelledby="approvers" tabindex="0"><h2 id="approvers">By approver</h2>
<table><thead><tr><th scope="col">Who</th><th scope="col">Votes</th><th scope="col">Approvals</th>
<th scope="col">Half within</th><th scope="col">95 % within</th><th scope="col">Under 5 s</th></tr></thead>
<tbody>${rows}</tbody></table></section>`;
}

/** A share in per cent; a dash where there is nothing to share. */
function share(of: number | null): string {
  return of === null ? '–' : `${Math.round(of * 100)} %`;
}

/** A short time in seconds, a longer one as people say it. */
function took(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 60_000 ? `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s` : lengthOf(ms);
}
