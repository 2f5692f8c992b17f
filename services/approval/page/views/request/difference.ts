import type { ContentDifference, Unreadable } from '#contracts';
import { type Child, type Html, html } from '../html.ts';

/** A run of text that stayed, went or came. */
export interface Run {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

/** Above so many pairs of words the middle of a text is shown as a whole, before and after. */
const maxPairs = 4_000_000;

/** What changed between two texts, word by word: the shortest way by longest common subsequence. */
export function runsOf(before: string, after: string): Run[] {
  const [old, next] = [wordsOf(before), wordsOf(after)];
  const shorter = Math.min(old.length, next.length);
  let head = 0;
  while (head < shorter && old[head] === next[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const runs: Run[] = [];
  const push = (kind: Run['kind'], words: readonly string[]): void => {
    const text = words.join('');
    const last = runs.at(-1);
    if (last?.kind === kind) last.text += text;
    else if (text !== '') runs.push({ kind, text });
  };
  push('same', old.slice(0, head));
  compare(old.slice(head, old.length - tail), next.slice(head, next.length - tail), push);
  push('same', old.slice(old.length - tail));
  return runs;
}

const wordsOf = (text: string): string[] => text.match(/^\s+|\S+\s*/g) ?? [];

function compare(
  old: readonly string[],
  next: readonly string[],
  push: (kind: Run['kind'], words: readonly string[]) => void,
): void {
  if (old.length * next.length > maxPairs) {
    push('gone', old);
    push('new', next);
    return;
  }
  const lengths = commonLengths(old, next);
  const width = next.length + 1;
  let [i, j] = [0, 0];
  while (i < old.length && j < next.length) {
    if (old[i] === next[j]) {
      push('same', [old[i++] ?? '']);
      j++;
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) {
      push('gone', [old[i++] ?? '']);
    } else push('new', [next[j++] ?? '']);
  }
  push('gone', old.slice(i));
  push('new', next.slice(j));
}

/** Length of the longest common subsequence of what follows each pair of places. */
function commonLengths(old: readonly string[], next: readonly string[]): Uint32Array {
  const width = next.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        old[i] === next[j]
          ? 1 + (lengths[(i + 1) * width + j + 1] ?? 0)
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  return lengths;
}

/** Differences, value by value. */
export function differenceList(differences: readonly ContentDifference[], unreadable?: Unreadable): Html {
  if (differences.length === 0) {
    const when = unreadable === 'unavailable' ? 'right now' : 'any more';
    return html`<p class="soft">The content can't be compared ${when}.</p>`;
  }
  return html`<div class="diff">${differences.map(
    ({ pointer, change, before = '', after = '' }) =>
      html`<div><p class="soft"><code>${pointer || '(the whole)'}</code> ${change}</p><pre>${inline(before, after)}</pre></div>`,
  )}</div>`;
}

function inline(before: string, after: string): Child[] {
  return runsOf(before, after).map(({ kind, text }) => {
    if (kind === 'same') return text;
    return kind === 'gone' ? html`<del>${text}</del>` : html`<ins>${text}</ins>`;
  });
}
