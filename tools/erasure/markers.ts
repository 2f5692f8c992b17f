import { randomBytes } from 'node:crypto';

/** What was typed somewhere, and must be nowhere in the clear. */
export interface Marker {
  /** Where it was typed. */
  readonly where: string;
  readonly text: string;
}

/** Markers by where they were typed. */
export class Markers {
  private readonly made: Marker[] = [];

  /** A new one: a single word, long enough that no compressed or random bytes hold it by chance. */
  at(where: string): string {
    const text = `mark${randomBytes(12).toString('hex')}`;
    this.made.push({ where, text });
    return text;
  }

  get all(): readonly Marker[] {
    return this.made;
  }
}
