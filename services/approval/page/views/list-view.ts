import {
  type ApprovalList,
  ApprovalStateName,
  type ApprovalSummary,
  Gate,
  type ListApprovalsQuery,
} from '#contracts';
import { approvalPath, pagePaths } from '../paths.ts';
import { exact, type Html, html } from './html.ts';
import { formToken, page, type Viewer } from './layout.ts';
import { gateWords, moment, person, stateChip, stateWords } from './words.ts';

/** What the list of approval requests shows. */
export interface ListShown {
  viewer: Viewer;
  query: ListApprovalsQuery;
  list: ApprovalList;
  now: number;
  notice?: Html | undefined;
}

/** The page of what waits, or waited. */
export function listPage(shown: ListShown): string {
  const { viewer, query, list, now } = shown;
  const at = `${pagePaths.list}?${searchOf(query)}`;
  return page({
    title: 'Approvals',
    viewer,
    current: 'approvals',
    body: html`
<div data-live="${pagePaths.changes}" data-at="${at}" hidden></div>
<div class="headline"><h1>${query.state === 'open' ? 'Waiting for people' : 'Approval requests'}</h1>
<button type="button" class="quiet" data-keys hidden>Keys <kbd>?</kbd></button></div>
${shown.notice}
<p id="paused" class="notice wait" role="status" hidden>Live updates have paused. <a href="${at}">Load the list again</a>.</p>
${filters(query)}
<section id="rows" data-fresh aria-label="Approval requests">
${list.items.length === 0 ? empty(query) : html`<ol class="rows">${list.items.map((item) => row(item, now))}</ol>`}
${paging(query, list)}
</section>
${rejectMany(viewer, query)}
${keysDialog}`,
  });
}

function row(item: ApprovalSummary, now: number): Html {
  const { id, gate, state, requester, connection, model, rules, found = [], count, edited } = item;
  return html`<li class="card row">
<h2><a id="row-${id}" data-row href="${approvalPath(id)}">${person(requester)}
<span class="soft">${gate === 'prompt' ? 'asks' : gateWords[gate]}</span> ${model ?? connection}</a></h2>
<p class="when">${item.decidedAt === undefined ? moment(item.requestedAt, now) : moment(item.decidedAt, now)}</p>
<div class="chips">${state === 'pending' ? '' : stateChip(state)}
${gate !== 'prompt' && html`<span class="chip">${gateWords[gate]}</span>`}
${count > 1 && html`<span class="chip wait">${count} identical</span>`}
${edited && html`<span class="chip">edited</span>`}
${found.map((words) => html`<span class="found">${words}</span>`)}
${rules.map((rule) => html`<span class="rule">${rule}</span>`)}</div>
<p class="when">${item.decidedAt === undefined && html`expires ${moment(item.expiresAt, now)}`}</p>
${progress(item)}</li>`;
}

/** How far each group of the requirement is. */
export function progress({ groups, mode }: Pick<ApprovalSummary, 'groups' | 'mode'>): Html {
  const joint = groups.length > 1 ? html`<span>${mode === 'all' ? 'all of' : 'one of'}</span>` : '';
  return html`<p class="progress">${joint}${groups.map(
    ({ group, quorum, approved }) =>
      html`<span>${group}: ${approved} of ${quorum}<span class="seats" aria-hidden="true">${Array.from(
        { length: Math.min(quorum, 10) },
        (_, seat) => html`<i class="${seat < approved ? 'taken' : ''}"></i>`,
      )}</span></span>`,
  )}</p>`;
}

function empty(query: ListApprovalsQuery): Html {
  return query.state === 'open' && Object.keys(typedFilters(query)).length === 0
    ? html`<div class="empty"><p><strong>Nothing waits for you.</strong></p><p>New requests show up here by themselves.</p></div>`
    : html`<div class="empty"><p><strong>Nothing fits.</strong></p><p><a href="${pagePaths.list}">Show all that waits</a></p></div>`;
}

function filters(query: ListApprovalsQuery): Html {
  const option = (value: string, label: string, chosen: string | undefined): Html =>
    html`<option value="${value}"${value === (chosen ?? '') && html` selected`}>${label}</option>`;
  const text = (name: 'group' | 'connection' | 'rule' | 'requester', label: string): Html =>
    html`<div><label for="f-${name}">${label}</label><input type="text" id="f-${name}" name="${name}" value="${exact(query[name] ?? '')}" maxlength="255" autocomplete="off"></div>`;
  const isNarrowed = query.state !== 'open' || query.gate !== undefined || query.sort !== 'oldest';
  const isOpen = isNarrowed || Object.keys(typedFilters(query)).length > 0;
  return html`<details class="filters"${isOpen && html` open`}><summary>Filter and sort</summary>
<form method="get" action="${pagePaths.list}">
<div><label for="f-state">State</label><select id="f-state" name="state">${[
    option('open', 'open', query.state),
    option('all', 'all', query.state),
    ...ApprovalStateName.options.map((state) => option(state, stateWords[state].label, query.state)),
  ]}</select></div>
<div><label for="f-gate">Gate</label><select id="f-gate" name="gate">${[
    option('', 'any', query.gate),
    ...Gate.options.map((gate) => option(gate, gateWords[gate], query.gate)),
  ]}</select></div>
${text('group', 'Group')}${text('rule', 'Rule')}${text('connection', 'Connection')}${text('requester', 'Requester (subject)')}
<div><label for="f-sort">Order</label><select id="f-sort" name="sort">${['oldest', 'newest', 'expiring'].map(
    (sort) => option(sort, `${sort} first`, query.sort),
  )}</select></div>
<div><button>Show</button></div>
</form></details>`;
}

function paging(query: ListApprovalsQuery, { next }: ApprovalList): Html {
  const first =
    query.cursor !== undefined &&
    html`<a class="button" href="${pagePaths.list}?${searchOf(query)}">First page</a>`;
  const more =
    next !== undefined &&
    html`<a class="button" rel="next" href="${pagePaths.list}?${searchOf(query, next)}">More</a>`;
  return html`<p class="actions">${first}${more}</p>`;
}

/** Bulk rejection, where a filter says what; there is no bulk approval. */
function rejectMany(viewer: Viewer, query: ListApprovalsQuery): Html | undefined {
  const typed = Object.entries(typedFilters(query));
  if (typed.length === 0 || !viewer.person.roles.includes('approver')) return undefined;
  return html`<details class="card"><summary>Reject all that fit</summary>
<form method="post" action="${pagePaths.list}/reject">${formToken(viewer)}
${typed.map(([name, value]) => html`<input type="hidden" name="${name}" value="${exact(value)}">`)}
<p>Every open request with ${typed.map(([name, value]) => html`${name} <code>${value}</code> `)} that you may decide, at most 500.</p>
<p><label for="many-reason">Reason (the callers are shown it)</label>
<textarea id="many-reason" name="reason" required maxlength="2000"></textarea></p>
<button class="no">Reject them</button></form></details>`;
}

function typedFilters({ group, connection, rule, requester }: ListApprovalsQuery): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ group, connection, rule, requester }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** The query of a list's address, without its cursor unless one is given. */
export function searchOf<Q extends { cursor?: string | undefined }>(query: Q, cursor?: string): string {
  const { cursor: _, ...rest } = query;
  const pairs = Object.entries({ ...rest, cursor }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return new URLSearchParams(pairs as [string, string][]).toString();
}

/** What the keys do. */
export const keysDialog = html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl class="keys"><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next, previous request</dd><dt><kbd>Enter</kbd></dt><dd>open it, or press the button in focus</dd>
<dt><kbd>a</kbd></dt><dd>go to Approve</dd><dt><kbd>r</kbd></dt><dd>go to the reason for rejecting</dd><dt><kbd>e</kbd></dt><dd>edit</dd>
<dt><kbd>u</kbd></dt><dd>back to the list</dd></dl><form method="dialog"><button autofocus>Close</button></form></dialog>`;
