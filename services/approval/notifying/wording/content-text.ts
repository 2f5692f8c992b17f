import type { ContentItem, ContentView } from '#contracts';

/** Content as lines of text, what is new first, with everything invisible made visible. */
export function contentText({ parts }: ContentView): string {
  return parts
    .flatMap((part) => {
      const name = part.kind === 'turn' ? (part.role ?? 'turn') : part.kind;
      return [
        `[${name} ${part.index}${part.isNew ? '' : ', approved earlier'}]`,
        ...part.items.map(itemText),
      ];
    })
    .join('\n');
}

function itemText({ name, segments, attachment }: ContentItem): string {
  if (attachment) return `${name}: [${attachment.kind}, SHA-256 ${attachment.digest}]`;
  return `${name}: ${segments.map(({ text, invisible }) => (invisible ? `⟨${invisible}⟩` : text)).join('')}`;
}

const cutMark = '\n… The rest is on the page.';

/** At most so many characters; what was cut off is said. */
export function atMost(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const kept = text.slice(0, characters - cutMark.length);
  // Half a surrogate pair is no character.
  return `${kept.replace(/[\uD800-\uDBFF]$/, '')}${cutMark}`;
}

/** A text for one line: line breaks, controls and what changes the reading direction become spaces. */
export function oneLine(text: string, characters = 200): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();
  return plain.length <= characters
    ? plain
    : `${plain.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
