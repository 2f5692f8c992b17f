import type { Candidate } from '../detecting/judge.ts';

/** Candidates that begin later than the start they were found at: the value in `name = value`. */
export class ReservedCandidates {
  private items: Candidate[] = [];

  /** Where the next one begins; Infinity when there is none. */
  get nextStart(): number {
    return this.items[0]?.start ?? Infinity;
  }

  add(candidate: Candidate): void {
    this.addAll([candidate]);
  }

  addAll(candidates: readonly Candidate[]): void {
    this.items.push(...candidates);
    this.items.sort((a, b) => a.start - b.start);
  }

  /** Those that have begun by `at`, cut to begin there. */
  takeAt(at: number): Candidate[] {
    if (this.nextStart > at) return [];
    const later = this.items.findIndex((candidate) => candidate.start > at);
    const here = this.items.splice(0, later < 0 ? this.items.length : later);
    return here.map((candidate) => ({ ...candidate, start: at }));
  }

  /** Forgets those that lie before `end` entirely. */
  dropBefore(end: number): void {
    this.items = this.items.filter((candidate) => candidate.end > end);
  }

  moveBack(by: number): void {
    this.items = this.items.map((c) => ({ ...c, start: c.start - by, end: c.end - by }));
  }
}
