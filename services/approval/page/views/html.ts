import { segmentsOf } from '../../showing/segments.ts';

/** HTML that is safe to send as it is. Made by `html` only. */
export class Html {
  constructor(readonly text: string) {}
}

/** What may stand in a template: text is escaped, HTML is not, nothing is left out, lists are joined. */
export type Child = Html | string | number | undefined | null | false | readonly Child[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const plain = /^[\x20-\x7e\n\t]*$/;

/** Makes text inert in elements and quoted attributes; every character stays. */
function inert(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

/** Text in which what can't be seen (zero-width, bidi, control) is written out, e.g. `⟨U+202E⟩`. */
export function seen(text: string): string {
  if (plain.test(text)) return text;
  return segmentsOf(text, [])
    .map(({ text: piece, invisible }) => (invisible === undefined ? piece : `⟨${invisible.split(' ')[0]}⟩`))
    .join('');
}

/**
 * A template whose values are made safe: text is escaped and what can't be seen in it is written out, so that no value
 * becomes markup, leaves its attribute or turns its surroundings around. Attribute values have to be quoted.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Child[]): Html {
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) text += rendered(value) + (strings[index + 1] ?? '');
  return new Html(text);
}

/**
 * Text for a `<textarea>`, every character as it is: the parser drops one line feed at the start, so one more stands
 * before it (HTML Living Standard, §13.2.6.4.7).
 */
export function textAreaText(text: string): Html {
  return new Html(`\n${inert(text)}`);
}

/** Text for an attribute that has to come back as it is, such as a hidden field's value. */
export function exact(text: string): Html {
  return new Html(inert(text));
}

/** Text as a form field sends it back: line breaks are CRLF on the way, and U+0000 does not survive the parser. */
export function asFieldText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd');
}

function rendered(value: Child): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(rendered).join('');
  return inert(seen(String(value)));
}
