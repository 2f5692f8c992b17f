import { atMost } from '../wording/content-text.ts';
import type { Facts } from '../wording/facts.ts';
import { wordingOf } from '../wording/wording.ts';

/** Slack's limits on a section's text and a header, in characters. */
const maxSection = 3000;
const maxHeader = 150;

/** What Slack's `mrkdwn` would read as a mention, a link or an entity becomes plain text. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });

/** The body of a post to a Slack incoming webhook: header, facts, link, and the content where the channel carries it. */
export function slackPayload(facts: Facts, at: number): string {
  const { title, facts: lines } = wordingOf(facts, at);
  const text = lines.map(([name, value]) => `*${name}*: ${escaped(value)}`).join('\n');
  const blocks: object[] = [
    { type: 'header', text: plain(atMostLine(title, maxHeader)) },
    { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, maxSection), verbatim: true } },
  ];
  if (facts.content) {
    blocks.push({ type: 'section', text: plain(atMost(facts.content.text, maxSection)) });
  }
  const button = { type: 'button', text: plain('Open'), url: facts.link };
  blocks.push({ type: 'actions', elements: [button] });
  return JSON.stringify({ text: escaped(title), blocks });
}

const atMostLine = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
