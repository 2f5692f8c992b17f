import type { ApprovalRequirement } from '#contracts';
import type { ApprovalStep } from './approval-step.entity.ts';

type Step = Pick<ApprovalStep, 'kind' | 'toGroup' | 'dueAt'>;

/**
 * When a request's groups are told again, and when others may decide as well. Nothing is due once its time is over;
 * `escalatedTo`: groups that already may. Pure.
 */
export function stepsOf(
  { reminders = [], escalate = [] }: Pick<ApprovalRequirement, 'reminders' | 'escalate'>,
  times: { requestedAt: number; expiresAt: number; after: number; escalatedTo: readonly string[] },
): Step[] {
  const { requestedAt, expiresAt, after, escalatedTo } = times;
  const remind = reminders
    .map((ms) => requestedAt + ms)
    // An earlier one was said already, or is not worth saying any more.
    .filter((at) => at > after && at < expiresAt)
    .map((at): Step => ({ kind: 'remind', toGroup: null, dueAt: new Date(at) }));
  const others = escalate
    .filter(({ afterMs, to }) => requestedAt + afterMs < expiresAt && !escalatedTo.includes(to))
    .map(
      ({ afterMs, to }): Step => ({ kind: 'escalate', toGroup: to, dueAt: new Date(requestedAt + afterMs) }),
    );
  return [...remind, ...others].sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
}

/** How long something waited, in the largest unit that says it exactly: `90s`, `10m`, `2h`. */
export function waited(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
