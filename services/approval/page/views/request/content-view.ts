import type {
  ApprovalDetail,
  ContentItem,
  ContentPart,
  ContentView,
  TextSegment,
  Unreadable,
} from '#contracts';
import { type Child, type Html, html } from '../html.ts';
import { sizeOf } from '../words.ts';
import { partName, saysRole } from './parts.ts';

type Matches = ApprovalDetail['matches'];

const notShown: Readonly<Record<Unreadable, string>> = {
  erased: 'It was erased; nobody can read it any more.',
  unavailable: "It can't be opened right now. All else on this page is as it is; look again in a moment.",
};

/** The content, complete: what nobody approved yet first, what was approved before after it, the raw bytes last. */
export function contentSections(content: ContentView, matches: Matches): Html {
  if (content.shown === 'erased' || content.shown === 'unavailable') {
    return html`<section class="card"><h2>Content</h2><p>${notShown[content.shown]}</p></section>`;
  }
  const raw = content.parts.filter(({ kind }) => kind === 'raw');
  const parts = content.parts.filter(({ kind }) => kind !== 'raw');
  const isOnlyRaw = parts.length === 0;
  const fresh = parts.filter(({ isNew }) => isNew);
  const before = parts.filter(({ isNew }) => !isNew);
  const show = (list: readonly ContentPart[]): Html[] => list.map((part) => partView(part, matches));
  return html`${before.length > 0 && fresh.length > 0 && html`<h2>New in this conversation</h2>`}
${show(fresh)}
${before.length > 0 && html`<details${fresh.length === 0 && html` open`}><summary>Approved before in this conversation (${before.length})</summary><div class="detail">${show(before)}</div></details>`}
${isOnlyRaw ? show(raw) : raw.map((part) => html`<details><summary>The whole, byte for byte as text</summary>${partView(part, matches)}</details>`)}`;
}

function partView(part: ContentPart, matches: Matches): Html {
  const name = partName(part);
  const items = part.items.filter((item) => !saysRole(part, item));
  const isLabelled = items.length > 1 || part.kind !== 'turn';
  return html`<article class="card part${part.isNew && part.kind === 'turn' && ' new'}" aria-label="${name}">
<header><h3>${name}</h3>${part.kind === 'turn' && html`<span class="soft">turn ${part.index}</span>`}</header>
${items.map((item) => itemView(item, isLabelled, matches))}</article>`;
}

function itemView(item: ContentItem, isLabelled: boolean, matches: Matches): Html {
  const label = isLabelled && html`<p class="soft">${item.name}</p>`;
  const { attachment } = item;
  if (attachment) {
    return html`<div class="item">${label}<div class="attachment">
<strong>${attachment.kind}</strong><span>${attachment.mediaType ?? 'unknown type'}</span>
<span>${attachment.size === undefined ? 'unknown size' : sizeOf(attachment.size)}</span>
<code title="SHA-256 of the encoded data">${attachment.digest}</code></div>
<details><summary>Its encoded data</summary><pre class="text json">${segments(item.segments, [])}</pre></details></div>`;
  }
  const own = matches.filter(({ pointer }) => pointer === item.pointer);
  const style = item.form === 'text' ? 'text' : 'text json';
  return html`<div class="item">${label}<pre class="${style}">${segments(item.segments, own)}</pre></div>`;
}

/** A text's pieces: matches marked with what they match, what can't be seen written out. */
function segments(pieces: readonly TextSegment[], matches: Matches): Child[] {
  let at = 0;
  return pieces.map((piece) => {
    const start = at;
    at += piece.text.length;
    const shown = piece.invisible === undefined ? piece.text : unseen(piece);
    if (piece.rules === undefined) return shown;
    const over = matches.filter((match) => match.start < at && match.end > start);
    return html`<mark title="${titleOf(piece.rules, over)}">${shown}</mark>`;
  });
}

function titleOf(rules: readonly string[], over: Matches): string {
  const reasons = over.map(({ rule, condition, decodedAs }) =>
    decodedAs === undefined ? `${rule}: ${condition}` : `${rule}: ${condition}, decoded from ${decodedAs}`,
  );
  return (reasons.length > 0 ? [...new Set(reasons)] : rules).join('\n');
}

/** The character's name stands for it; line breaks that hide as other characters still break. */
function unseen({ text, invisible = '' }: TextSegment): Html {
  const [number = '', ...rest] = invisible.split(' ');
  const times = / (×\d+)$/.exec(invisible)?.[1];
  const breaks = /[\u2028\u2029\u0085\v\f]|\r(?!\n)/.test(text);
  return html`<span class="unseen" title="${rest.join(' ')}">${number}${times && ` ${times}`}</span>${breaks && '\n'}`;
}
