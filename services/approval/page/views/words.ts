import type { ApprovalStateName, Gate, PersonView } from '#contracts';
import { type Html, html } from './html.ts';

const units = [
  { ms: 86_400_000, name: 'day' },
  { ms: 3_600_000, name: 'hour' },
  { ms: 60_000, name: 'minute' },
] as const;

/** Close enough to the next full unit to be called that. */
const nearlyMs = 30_000;

/** A length of time in one unit, e.g. `3 hours`. */
export function lengthOf(ms: number): string {
  const about = ms + nearlyMs;
  const unit = units.find((one) => about >= one.ms);
  if (!unit) return 'less than a minute';
  const count = Math.floor(about / unit.ms);
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}

/** A moment, as far from now as people say it; the exact one is in its tooltip. Both in ms since the epoch. */
export function moment(at: number, now: number): Html {
  const iso = new Date(at).toISOString();
  const far = lengthOf(Math.abs(now - at));
  return html`<time datetime="${iso}" title="${iso}">${at <= now ? `${far} ago` : `in ${far}`}</time>`;
}

/** A person by name, else by what their provider calls them. */
export function person({ name, subject, email, issuer, person: behind }: PersonView): Html {
  const full = [email, subject, issuer].filter((part) => part !== undefined).join(' · ');
  const shown = html`<bdi class="person" title="${full}">${name ?? subject}</bdi>`;
  return behind === undefined ? shown : html`${shown} for <bdi class="person">${behind}</bdi>`;
}

/** What a state means for people, and its colour. */
export const stateWords: Readonly<Record<ApprovalStateName, { label: string; tone: Tone }>> = {
  pending: { label: 'waiting', tone: 'wait' },
  rechecking: { label: 'policy checks the edit', tone: 'wait' },
  approved: { label: 'approved', tone: 'good' },
  running: { label: 'running', tone: 'good' },
  done: { label: 'answered', tone: 'good' },
  failed: { label: 'failed', tone: 'bad' },
  rejected: { label: 'rejected', tone: 'bad' },
  denied: { label: 'denied by policy', tone: 'bad' },
  expired: { label: 'expired', tone: 'calm' },
  cancelled: { label: 'cancelled', tone: 'calm' },
  revoked: { label: 'approval taken back', tone: 'bad' },
  stopped: { label: 'stopped', tone: 'bad' },
};
export type Tone = 'wait' | 'good' | 'bad' | 'calm';

export const gateWords: Readonly<Record<Gate, string>> = {
  prompt: 'request',
  response: 'answer',
  change: 'policy change',
};

/** A state as a coloured word. */
export function stateChip(state: ApprovalStateName): Html {
  const { label, tone } = stateWords[state];
  return html`<span class="chip ${tone}">${label}</span>`;
}

/** Bytes as people read them. */
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
