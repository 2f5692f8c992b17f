import type { RevisionSummary } from '#contracts';

/** The revisions that were in force at some moment of `[from, to)`, oldest first. Pure. */
export function inForce(revisions: readonly RevisionSummary[], from: number, to: number): string[] {
  const activated = revisions
    .flatMap(({ revision, activations }) => activations.map(({ at }) => ({ revision, at })))
    .sort((a, b) => a.at - b.at);
  const during = activated.filter(
    ({ at }, i) => at < to && (activated[i + 1]?.at ?? Number.POSITIVE_INFINITY) > from,
  );
  return [...new Set(during.map(({ revision }) => revision))];
}
