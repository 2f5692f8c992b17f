import type { ApprovalDetail, CodedError } from '#contracts';
import { type Draft, type Editable, valuePrefix } from '../../editing/editing.ts';
import { approvalPath } from '../../paths.ts';
import { type Child, exact, type Html, html, textAreaText } from '../html.ts';
import { formToken, page, type Viewer } from '../layout.ts';
import { gateWords } from '../words.ts';
import { differenceList } from './difference.ts';

/** What the page for changing a request, or redacting an answer, shows. */
export interface EditShown {
  viewer: Viewer;
  detail: ApprovalDetail;
  editables: readonly Editable[];
  /** What stands in the fields, where a person typed already. */
  typed: Readonly<Record<string, string>>;
  draft?: Draft | undefined;
  error?: CodedError | undefined;
  /** Why the content was revealed; carried on, so that it may be shown again. */
  revealedFor?: string | undefined;
}

/** Fields of the form for redactions. */
export const redactionFields = { texts: 'texts', replacement: 'replacement' } as const;

/** The page for an edit: first the form, then its differences, then the button that sends it. */
export function editPage(shown: EditShown): string {
  const { viewer, detail, draft, error } = shown;
  const verb = detail.gate === 'response' ? 'Redact' : 'Edit';
  return page({
    title: `${verb} the ${gateWords[detail.gate]}`,
    viewer,
    current: 'approvals',
    body: html`
<p><a href="${approvalPath(detail.id)}" data-key="u">← Back without a change</a></p>
<h1>${verb} the ${gateWords[detail.gate]} of ${detail.requester.name ?? detail.requester.subject}</h1>
${error && html`<p class="notice bad" role="alert"><strong>Not done.</strong> ${error.message}</p>`}
${draft && confirm(shown, draft)}
${detail.gate === 'response' ? redactForm(shown) : valuesForm(shown)}`,
  });
}

function carried({ viewer, detail, revealedFor }: EditShown): Html {
  return html`${formToken(viewer)}<input type="hidden" name="version" value="${detail.version}">
<input type="hidden" name="digest" value="${detail.digest}">
${revealedFor !== undefined && html`<input type="hidden" name="reveal" value="${exact(revealedFor)}">`}`;
}

function confirm(shown: EditShown, { change, differences }: Draft): Html {
  const { detail } = shown;
  const others = html`<p class="soft">${detail.gate === 'response' ? 'The new answer is masked again.' : 'Policy looks at it again; it can still be denied.'} Votes so far don't count for it.</p>`;
  const both =
    !detail.editNeedsOtherApprover &&
    html`<button class="go" name="approve" value="yes">Send and ${detail.gate === 'response' ? 'release' : 'approve'}</button>`;
  return html`<section class="card"><h2>What you change</h2>${differenceList(differences)}${others}
<form class="actions" method="post" action="${approvalPath(detail.id)}/edits">${carried(shown)}
<input type="hidden" name="change" value="${exact(JSON.stringify(change))}">${both}
<button name="approve" value="no">Send for others to decide</button></form></section>`;
}

function valuesForm(shown: EditShown): Html {
  return editForm(
    shown,
    shown.editables.map((editable, index) => valueField(shown, editable, index)),
  );
}

function editForm(shown: EditShown, fields: Child): Html {
  const { detail, draft } = shown;
  return html`<section class="card edit"><form method="post" action="${approvalPath(detail.id)}/preview">${carried(shown)}${fields}
<div class="actions"><button class="${draft ? '' : 'go'}">Show what changes</button></div></form></section>`;
}

function valueField({ typed }: EditShown, { pointer, label, form, text }: Editable, index: number): Html {
  const name = valuePrefix + pointer;
  const hint = form === 'text' ? 'text' : 'JSON; empty to remove it';
  const hidden = /[\p{Cf}\p{Cc}\p{Zl}\p{Zp}]/u.test(text.replace(/[\n\t]/g, ''));
  const warning = hidden && html`<p class="chip wait">holds characters that can't be seen here</p>`;
  return html`<div><label for="v-${index}">${label} <span class="soft">${hint}</span></label>${warning}
<textarea id="v-${index}" name="${exact(name)}" class="${form === 'text' ? '' : 'code'}" spellcheck="false">${textAreaText(typed[name] ?? text)}</textarea></div>`;
}

function redactForm(shown: EditShown): Html {
  const { typed } = shown;
  const { texts, replacement } = redactionFields;
  return editForm(
    shown,
    html`<div><label for="texts">Texts to take out, one a line <span class="soft">each everywhere it stands in the answer</span></label>
<textarea id="texts" name="${texts}" required spellcheck="false">${textAreaText(typed[texts] ?? '')}</textarea></div>
<div><label for="replacement">In their place</label><input type="text" id="replacement" name="${replacement}" value="${exact(typed[replacement] ?? '[REDACTED]')}" maxlength="1000"></div>
<details open><summary>The answer</summary>${shown.detail.content.parts
      .filter(({ kind }) => kind === 'answer')
      .flatMap(({ items }) =>
        items.map(
          ({ segments }) => html`<pre class="text json">${segments.map(({ text }) => text).join('')}</pre>`,
        ),
      )}</details>`,
  );
}
