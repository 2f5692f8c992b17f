import { atMost } from '../wording/content-text.ts';
import type { Facts } from '../wording/facts.ts';
import { wordingOf } from '../wording/wording.ts';

/** An e-mail without sender and receiver. */
export interface EmailMessage {
  subject: string;
  text: string;
  html: string;
}

const maxContentCharacters = 20_000;
const footer = 'The link shows the request to those who may see it. Opening it decides nothing.';

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** Renders a notification as plain text and as HTML without images, scripts or anything to be fetched. */
export function emailMessage(facts: Facts, at: number): EmailMessage {
  const { title, facts: lines } = wordingOf(facts, at);
  // Requesters can't open the page of those who decide.
  const link = facts.audience === 'requester' ? undefined : facts.link;
  const content = facts.content && atMost(facts.content.text, maxContentCharacters);
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const text = [
    `${title}\n`,
    ...lines.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}`),
    ...(link ? [`\n${link}\n\n${footer}`] : []),
    ...(content ? [`\n${content}`] : []),
  ].join('\n');
  return { subject: `[Sallyport] ${title}`, text: `${text}\n`, html: htmlOf(title, lines, link, content) };
}

function htmlOf(
  title: string,
  lines: readonly (readonly [string, string])[],
  link: string | undefined,
  content: string | undefined,
): string {
  const rows = lines
    .map(
      ([name, value]) =>
        `<tr><th align="left" style="padding-right:1em">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
    )
    .join('');
  return [
    '<!doctype html><html lang="en"><body style="font-family:sans-serif">',
    `<h1 style="font-size:1.2em">${escaped(title)}</h1><table>${rows}</table>`,
    link ? `<p><a href="${escaped(link)}">Open the request</a></p><p><small>${footer}</small></p>` : '',
    content ? `<pre style="white-space:pre-wrap">${escaped(content)}</pre>` : '',
    '</body></html>',
  ].join('');
}
