import { type Candidate, strongest } from '../detecting/judge.ts';
import type { Swallow } from '../detecting/rule.ts';

/** Candidates that overlap, as one: from the start of the first to the end of the farthest. */
export class Cluster {
  end = 0;
  members: readonly Candidate[] = [];

  constructor(public start: number) {}

  add(candidates: readonly Candidate[]): void {
    this.members = [...this.members, ...candidates];
    this.end = candidates.reduce((far, candidate) => Math.max(far, candidate.end), this.end);
  }

  get best(): Candidate {
    return strongest(this.members)!;
  }

  /** How the token goes on that ends where the cluster ends, if it is open-ended. */
  get swallow(): Swallow | undefined {
    return this.members.find((member) => member.swallow && member.end === this.end)?.swallow;
  }

  moveBack(by: number): void {
    this.start -= by;
    this.end -= by;
    this.members = this.members.map((c) => ({ ...c, start: c.start - by, end: c.end - by }));
  }
}
