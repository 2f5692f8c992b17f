import type { CodedError, GrantList, GrantView, ListGrantsQuery } from '#contracts';
import { approvalPath, pagePaths } from '../paths.ts';
import { type Html, html } from './html.ts';
import { formToken, page, type Viewer } from './layout.ts';
import { keysDialog } from './list-view.ts';
import { moment, person } from './words.ts';

/** What the page of grants shows. */
export interface GrantsShown {
  viewer: Viewer;
  query: ListGrantsQuery;
  list: GrantList;
  now: number;
  notice?: Html | undefined;
  error?: CodedError | undefined;
}

const endings: Readonly<Record<NonNullable<GrantView['ending']>, string>> = {
  revoked: 'taken back',
  expired: 'its time is over',
  used_up: 'used up',
  author_excluded: 'who gave it may not approve any more',
  not_approved: 'the request was not approved',
};

/** The page of approvals that cover further requests of the same shape. */
export function grantsPage({ viewer, query, list, now, notice, error }: GrantsShown): string {
  const isAll = query.state === 'all';
  const other = isAll ? pagePaths.grants : `${pagePaths.grants}?state=all`;
  const next = list.next && new URLSearchParams({ state: query.state, cursor: list.next }).toString();
  return page({
    title: 'Grants',
    viewer,
    current: 'grants',
    body: html`
<div class="headline"><h1>${isAll ? 'All grants' : 'Grants in force'}</h1><a href="${other}">${isAll ? 'Only those in force' : 'Ended ones too'}</a></div>
${notice}
${error && html`<p class="notice bad" role="alert"><strong>Not done.</strong> ${error.message}</p>`}
${list.items.length === 0 && html`<div class="empty"><p><strong>No grants.</strong></p><p>An approval that covers further requests shows up here.</p></div>`}
<ol class="rows">${list.items.map((grant) => row(grant, viewer, now))}</ol>
${next && html`<p class="actions"><a class="button" rel="next" href="${pagePaths.grants}?${next}">More</a></p>`}
${keysDialog}`,
  });
}

function row(grant: GrantView, viewer: Viewer, now: number): Html {
  const { requester, connection, model, rules, authors, approvalId, conversation } = grant;
  return html`<li class="card"><h2>${person(requester)} <span class="soft">may ask</span> ${model ?? connection}</h2>
<div class="chips">${stateChip(grant)}${conversation !== undefined && html`<span class="chip">one conversation</span>`}
${rules.map((rule) => html`<span class="rule">${rule}</span>`)}</div>
<p class="progress"><span>used ${grant.used}${grant.uses !== undefined && ` of ${grant.uses}`} times</span>
<span>${grant.state === 'ended' ? 'ended' : 'ends'} ${moment(grant.endedAt ?? grant.expiresAt, now)}</span>
<span>${grant.state === 'asked' ? 'asked by' : 'by'} ${authors.map((one) => html`${person(one)} `)}</span></p>
<p><a data-row href="${approvalPath(approvalId)}">The request it was given with</a></p>
${grant.state !== 'ended' && mayRevoke(viewer) && revocation(grant, viewer)}</li>`;
}

function stateChip({ state, ending, endedBy }: GrantView): Html {
  if (state === 'live') return html`<span class="chip good">in force</span>`;
  if (state === 'asked') return html`<span class="chip wait">others have to agree</span>`;
  const by = endedBy && html` by ${person(endedBy)}`;
  return html`<span class="chip">ended${ending && html`: ${endings[ending]}`}${by}</span>`;
}

const mayRevoke = ({ person: { roles } }: Viewer): boolean =>
  roles.includes('approver') || roles.includes('admin');

function revocation({ id }: GrantView, viewer: Viewer): Html {
  const field = `why-${id}`;
  return html`<details><summary>Take it back…</summary><form method="post" action="${pagePaths.grants}/${id}/revoke">${formToken(viewer)}
<p><label for="${field}">Reason</label><textarea id="${field}" name="reason" required maxlength="2000"></textarea></p>
<p><button class="no">Take it back</button></p></form></details>`;
}
