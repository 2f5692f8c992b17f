import type { ApprovalDetail, HistoryEntry } from '#contracts';
import { approvalPath, pagePaths } from '../../paths.ts';
import { type Html, html } from '../html.ts';
import { page } from '../layout.ts';
import { keysDialog, progress } from '../list-view.ts';
import { gateWords, moment, person, sizeOf, stateChip } from '../words.ts';
import { contentSections } from './content-view.ts';
import { decidePanel } from './decide-view.ts';
import type { DetailShown } from './detail-shown.ts';
import { differenceList } from './difference.ts';

/** The page of one approval request: everything needed to decide, and the forms to do it. */
export function detailPage(shown: DetailShown): string {
  const { viewer, detail, now, notice, refused } = shown;
  const { id, requester, gate, model, connection, state, version } = detail;
  const what =
    gate === 'prompt' ? 'asks' : gate === 'response' ? 'gets an answer of' : 'wants to change the policy';
  return page({
    title: `${requester.name ?? requester.subject}: ${gateWords[gate]}`,
    viewer,
    current: 'approvals',
    body: html`
<div data-live="${pagePaths.changes}" data-at="${approvalPath(id)}" data-id="${id}" data-version="${version}" data-state="${state}" hidden></div>
<p><a href="${pagePaths.list}" data-key="u">← All that waits</a></p>
<div class="headline"><h1>${person(requester)} ${what} ${gate !== 'change' && (model ?? connection)}</h1>
<span class="chips">${stateChip(state)}${detail.count > 1 && html`<span class="chip wait">${detail.count} identical requests</span>`}
<button type="button" class="quiet" data-keys hidden>Keys <kbd>?</kbd></button></span></div>
<p id="changed" class="notice wait" role="status" hidden><strong>This has changed since you opened it.</strong>
<a href="${approvalPath(id)}">Look at it as it is now</a>; a decision on what you see here would be refused.</p>
<p id="paused" class="notice wait" role="status" hidden>Live updates have paused: your login has ended.
What you typed stays; sending it asks you to log in again.</p>
${notice}
${refused && refusal(detail, refused)}
<div class="detail columns">
<div>${whyHeld(detail)}${edits(detail, now)}${contentSections(detail.content, detail.matches)}${history(detail, now)}</div>
<aside aria-label="Decision">${decidePanel(shown)}${facts(detail, now)}${told(detail, now)}</aside>
</div>
<a class="button jump" href="#decide">Decide</a>
${keysDialog}`,
  });
}

/** Why something was refused and, where it changed under its author's hands, what changed. */
function refusal(detail: ApprovalDetail, { error, seenVersion }: NonNullable<DetailShown['refused']>): Html {
  const since = detail.edits.filter(({ version }) => seenVersion !== undefined && version > seenVersion);
  return html`<section class="notice bad" role="alert" id="refused" tabindex="-1"><p><strong>Not done.</strong> ${error.message}</p>
<p class="soft"><code>${error.code}</code></p>
${since.map(
  ({ version, editor, differences, unreadable }) =>
    html`<h2>What ${person(editor)} changed in version ${version}</h2>${differenceList(differences, unreadable)}`,
)}</section>`;
}

function whyHeld(detail: ApprovalDetail): Html {
  const { rules, revision, matches } = detail;
  return html`<section class="card"><h2>Why it is held</h2>
<div class="chips">${rules.map((rule) => html`<span class="rule">${rule}</span>`)}<span class="soft">policy revision ${revision}</span></div>
${matches.length > 0 && html`<ul class="matches">${distinctMatches(matches)}</ul>`}
<div id="progress" data-fresh>${progress(detail)}
<p class="soft">${detail.denyThreshold === 1 ? 'One rejection ends it.' : `${detail.denyThreshold} rejections end it.`}</p></div></section>`;
}

function distinctMatches(matches: ApprovalDetail['matches']): Html[] {
  const counted = new Map<string, { match: ApprovalDetail['matches'][number]; count: number }>();
  for (const match of matches) {
    const key = JSON.stringify([match.rule, match.pointer, match.condition, match.decodedAs]);
    const known = counted.get(key);
    if (known) known.count++;
    else counted.set(key, { match, count: 1 });
  }
  return [...counted.values()].map(
    ({ match: { rule, condition, pointer, decodedAs }, count }) =>
      html`<li><span class="rule">${rule}</span> ${condition}${decodedAs !== undefined && html`, <mark>decoded from ${decodedAs}</mark>`}
<span class="soft">in <code>${pointer || 'the whole'}</code>${count > 1 && `, ${count} times`}</span></li>`,
  );
}

function edits({ edits: list }: ApprovalDetail, now: number): Html[] {
  return list.map(
    ({ version, editor, at, differences, unreadable }) =>
      html`<section class="card"><h2>Edit: version ${version}</h2><p class="soft">${person(editor)}, ${moment(at, now)}</p>${differenceList(differences, unreadable)}</section>`,
  );
}

function history({ history: entries }: ApprovalDetail, now: number): Html {
  return html`<section class="card after" id="history" data-fresh><h2>History</h2><ol class="history">${entries.map(
    (entry) => html`<li>${happened(entry)} <span class="soft">${moment(entry.at, now)}</span>
${entry.text !== undefined && html`<blockquote>${entry.text ?? textless(entry)}</blockquote>`}</li>`,
  )}</ol></section>`;
}

function textless({ unreadable }: HistoryEntry): string {
  return unreadable === 'unavailable' ? "(can't be opened right now)" : '(erased)';
}

/** What happened, in words; a kind this page doesn't know yet is named as it is. */
const happenings: Readonly<Record<string, string>> = {
  requested: 'asked',
  edited: 'edited it',
  held_again: 'Policy holds the new version',
  justified: 'justified it',
  nudged: 'asked to hurry',
  revealed: 'saw the content unmasked',
  glass_broken: 'broke the glass',
  reviewed: 'reviewed it',
  ended: 'Ended',
  moved: 'Now',
  reminded: 'Reminded after',
  escalated: 'May now be decided by',
  grant_asked: 'wants it to cover the same shape',
  grant_given: 'made it cover the same shape',
  granted: 'A grant stood in for the votes',
  grant_ended: 'The grant ended',
};

function happened({ kind, actor, what, version }: HistoryEntry): Html {
  const words =
    kind === 'voted' ? (what === 'approve' ? 'approved' : 'rejected') : (happenings[kind] ?? kind);
  const rest = kind === 'voted' || what === undefined ? '' : `: ${what}`;
  return html`${actor && person(actor)} ${words}${rest}${version > 1 && html` <span class="soft">version ${version}</span>`}`;
}

/** Who was told of it, by which way, and where telling has failed so far. */
function told({ notifications }: ApprovalDetail, now: number): Html | undefined {
  if (notifications.length === 0) return undefined;
  return html`<section class="card after" id="told" data-fresh><h2>Told</h2><ul class="matches">${notifications.map(
    ({ channel, audience, kind, state, lastError, at }) =>
      html`<li>${audience} by ${channel}: ${kind} <span class="soft">${state}${lastError !== undefined && ` (${lastError})`}, ${moment(at, now)}</span></li>`,
  )}</ul></section>`;
}

function facts(detail: ApprovalDetail, now: number): Html {
  const { requestId, connection, model, upstreamModel, operation, protocol, stream, digest, content } =
    detail;
  const fact = (name: string, value: Html | string): Html => html`<dt>${name}</dt><dd>${value}</dd>`;
  const target =
    upstreamModel !== null && upstreamModel !== model ? `${model} → ${upstreamModel}` : (model ?? '–');
  return html`<section class="card after"><h2>Facts</h2><dl class="facts">
${fact('asked', moment(detail.requestedAt, now))}
${detail.decidedAt === undefined ? fact('expires', moment(detail.expiresAt, now)) : fact('decided', moment(detail.decidedAt, now))}
${fact('connection', connection)}${fact('model', target)}${fact('operation', `${operation}${stream ? ', streamed' : ''}`)}
${fact('protocol', protocol)}${fact('size', sizeOf(content.bytes))}${fact('version', String(detail.version))}
${fact('request', html`<code>${requestId}</code>`)}${fact('SHA-256', html`<code>${digest}</code>`)}
</dl></section>`;
}
