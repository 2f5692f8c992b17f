import type { PersonView } from '#contracts';
import { oneLine } from './content-text.ts';
import type { Facts } from './facts.ts';

/** What a notification says without any of the content: one line of news, and facts by name. */
export interface Wording {
  title: string;
  facts: readonly (readonly [name: string, value: string])[];
}

/** A person on one line. */
export function personText({ name, email, subject }: PersonView): string {
  const known = name ?? email;
  return oneLine(known === undefined || known === subject ? subject : `${known} (${subject})`, 120);
}

/** Words for people, at a moment (ms since the epoch). */
export function wordingOf(facts: Facts, at: number): Wording {
  const own = facts.audience === 'requester';
  const { summary } = facts;
  const about = `${personText(summary.requester)}, rule ${oneLine(summary.rules.join(', '), 120)}`;
  return {
    title: own ? ownTitle(facts) : oneLine(`${headline(facts)}: ${about}`),
    facts: linesOf(facts, at),
  };
}

const ownTitle = ({ what, summary }: Facts): string =>
  oneLine(`Your request to ${summary.model ?? summary.connection} was ${what ?? 'decided'}`);

function headline({ kind, what }: Facts): string {
  switch (kind) {
    case 'waiting':
      return 'Approval needed';
    case 'reminded':
      return 'Still waiting';
    case 'escalated':
      return `Escalated to ${what ?? 'another group'}`;
    case 'edited':
      return 'Changed, look again';
    case 'decided':
      return `Request ${what ?? 'decided'}`;
    case 'review_needed':
      return 'Approved without the quorum, review needed';
    default:
      return kind satisfies never;
  }
}

function linesOf({ kind, summary, matches, editor }: Facts, at: number): [string, string][] {
  const { requester, operation, model, connection, rules, groups, mode, count } = summary;
  const needs = groups.map(({ group, quorum, approved }) => `${group} ${approved} of ${quorum}`);
  const open = kind !== 'decided' && kind !== 'review_needed';
  const lines: [string, string | undefined][] = [
    ['Who', personText(requester)],
    ['Asks', `${operation} of ${model ?? '?'} on ${connection}`],
    ['Held by', `${rules.join(', ')} (${matches} ${matches === 1 ? 'match' : 'matches'})`],
    ['Approved by', needs.join(mode === 'all' ? ' and ' : ' or ')],
    ['Identical requests', count > 1 ? String(count) : undefined],
    ['Changed by', kind === 'edited' && editor ? personText(editor) : undefined],
    ['Since', `${timeText(summary.requestedAt)} (${lengthText(at - summary.requestedAt)})`],
    [
      'Until',
      open ? `${timeText(summary.expiresAt)} (${lengthText(summary.expiresAt - at)} left)` : undefined,
    ],
    ['Request', summary.requestId],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [[name, oneLine(value, 300)]]));
}

const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A length of time in the largest fitting unit. */
function lengthText(ms: number): string {
  const [size, unit] = (
    [
      [86_400_000, 'd'],
      [3_600_000, 'h'],
      [60_000, 'min'],
    ] as const
  ).find(([least]) => ms >= least) ?? [1000, 's'];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}
