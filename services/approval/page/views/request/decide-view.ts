import type { ApprovalDetail, GrantAsked } from '#contracts';
import { approvalPath } from '../../paths.ts';
import { type Child, exact, type Html, html, textAreaText } from '../html.ts';
import { formToken, type Viewer } from '../layout.ts';
import type { DetailShown } from './detail-shown.ts';

/** The forms with which a person decides. Each carries the version and digest of what this page shows. */
export function decidePanel(shown: DetailShown): Html {
  const { detail, viewer } = shown;
  const forms = formsFor(shown);
  return html`<section class="card decide" id="decide" tabindex="-1"><h2>${title(detail)}</h2>
${detail.content.shown === 'masked' && revealForm(viewer, detail)}
${forms}</section>`;
}

function title({ state, gate }: ApprovalDetail): string {
  if (state !== 'pending' && state !== 'rechecking') return 'Decided';
  return gate === 'response' ? 'Release this answer?' : 'Let it run?';
}

function formsFor(shown: DetailShown): Child {
  const { detail } = shown;
  if (detail.state === 'approved' || detail.state === 'running') return withdrawForm(shown);
  const { mayDecide, message } = detail.you;
  const { shown: how } = detail.content;
  // Nobody lets run here what this page doesn't show.
  if (how === 'erased' || how === 'unavailable') {
    return html`<p id="why-not">What isn't shown can't be approved.</p>${mayDecide && rejectForm(shown)}`;
  }
  if (mayDecide) return html`${approveForm(shown)}${rejectForm(shown)}${editForm(shown)}`;
  return html`<p id="why-not">You can't decide: ${message}</p>${breakGlassForm(shown)}`;
}

interface FormParts {
  shown: Pick<DetailShown, 'viewer' | 'detail'>;
  action: string;
  /** Leaves out what was shown, where the call has no use for it. */
  isBound?: boolean;
}

function form({ shown: { viewer, detail }, action, isBound = true }: FormParts, fields: Child): Html {
  const seen = html`<input type="hidden" name="version" value="${detail.version}"><input type="hidden" name="digest" value="${detail.digest}">`;
  return html`<form method="post" action="${approvalPath(detail.id)}/${action}">${formToken(viewer)}${isBound && seen}${fields}</form>`;
}

function approveForm(shown: DetailShown): Html {
  const { detail } = shown;
  const label = detail.gate === 'response' ? 'Release' : 'Approve';
  const isGrantable = detail.gate === 'prompt' && detail.state === 'pending';
  const all =
    detail.count > 1 && html`<p class="soft">Counts for all ${detail.count} identical requests.</p>`;
  return form(
    { shown, action: 'votes' },
    html`<input type="hidden" name="vote" value="approve">${all}${isGrantable && grantField}
<button class="go wide" data-key="a" aria-keyshortcuts="a">${label} what you see</button>`,
  );
}

/** What else an approval may cover, by the name that the form sends. */
export const grantsOffered: Readonly<Record<string, { label: string; grant: GrantAsked }>> = {
  hour: { label: 'Ask again after 1 hour', grant: { forMs: 3_600_000 } },
  uses: { label: 'Ask again after 20 of the same shape', grant: { uses: 20 } },
  conversation: { label: 'Ask again in another conversation', grant: { conversation: true } },
};

const grantField = html`<div><label for="grant">Requests of the same shape</label><select id="grant" name="grant">
<option value="">Ask each time</option>${Object.entries(grantsOffered).map(
  ([name, { label }]) => html`<option value="${name}">${label}</option>`,
)}</select></div>`;

function rejectForm(shown: DetailShown): Html {
  return form(
    { shown, action: 'votes' },
    html`<hr><input type="hidden" name="vote" value="reject">
<div><label for="reason">Reason to reject (the caller is shown it)</label>
<textarea id="reason" name="reason" required maxlength="2000" data-key="r" aria-keyshortcuts="r">${textAreaText(shown.refused?.reason ?? '')}</textarea></div>
<button class="no wide">Reject</button>`,
  );
}

function editForm(shown: DetailShown): Child {
  const { detail, revealedFor } = shown;
  if (detail.gate === 'change') return undefined;
  const label = detail.gate === 'response' ? 'Redact…' : 'Edit…';
  if (detail.content.shown === 'clear' && revealedFor === undefined) {
    return html`<hr><a class="button wide" href="${approvalPath(detail.id)}/edit" data-key="e" aria-keyshortcuts="e">${label}</a>`;
  }
  if (revealedFor === undefined) return html`<p class="soft">To edit, show the content unmasked first.</p>`;
  return form(
    { shown, action: 'edit', isBound: false },
    html`<hr><input type="hidden" name="reveal" value="${exact(revealedFor)}"><button class="wide" data-key="e" aria-keyshortcuts="e">${label}</button>`,
  );
}

function revealForm(viewer: Viewer, detail: ApprovalDetail): Html {
  return html`<details><summary>Content is masked. Show it unmasked…</summary>${form(
    { shown: { viewer, detail }, action: 'reveal', isBound: false },
    html`<div><label for="reveal-reason">Why you need to see it (recorded)</label>
<textarea id="reveal-reason" name="reason" required maxlength="2000"></textarea></div>
<button class="wide">Show unmasked</button>`,
  )}</details>`;
}

function withdrawForm(shown: DetailShown): Html {
  const { state } = shown.detail;
  const fields = html`<div><label for="reason">Reason (the caller is shown it)</label>
<textarea id="reason" name="reason" required maxlength="2000" data-key="r">${textAreaText(shown.refused?.reason ?? '')}</textarea></div>`;
  const running = state === 'running';
  return html`<p>It was approved and ${running ? 'runs now' : 'may run any moment'}.</p>${form(
    { shown, action: running ? 'stop' : 'revoke', isBound: false },
    html`${fields}<button class="no wide">${running ? 'Stop it' : 'Take the approval back'}</button>`,
  )}`;
}

/** Shown to members of the break-glass group, where their own groups don't decide. */
function breakGlassForm(shown: DetailShown): Child {
  const { you, state } = shown.detail;
  if (you.mayBreakGlass !== true || state !== 'pending') return undefined;
  return html`<details><summary>Break the glass…</summary>${form(
    { shown, action: 'votes' },
    html`<input type="hidden" name="vote" value="approve"><input type="hidden" name="breakGlass" value="yes">
<p class="soft">You approve alone. It is recorded, and others have to review it afterwards.</p>
<div><label for="glass-reason">Why it can't wait</label><textarea id="glass-reason" name="reason" required maxlength="2000"></textarea></div>
<button class="no wide">Approve alone</button>`,
  )}</details>`;
}
