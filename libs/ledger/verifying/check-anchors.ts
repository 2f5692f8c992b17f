import { type Checkpoint, openCheckpoint } from '../signing/checkpoint.ts';
import type { NoteVerifier } from '../signing/keys.ts';
import { sameHash } from '../tree/hashing.ts';
import type { Problem } from './problems.ts';

/**
 * Checkpoints that were kept elsewhere (an object-locked bucket, an auditor's mail), compared as the tree reaches
 * their sizes: what shows a history that was rewritten or cut and signed again with the right key.
 */
export class AnchorCheck {
  readonly #anchors: Checkpoint[] = [];
  readonly #problems: Problem[] = [];
  #next = 0;

  constructor(notes: readonly string[], verifiers: readonly NoteVerifier[]) {
    for (const note of notes) {
      try {
        this.#anchors.push(openCheckpoint(note, verifiers));
      } catch (error) {
        this.#problems.push({ code: 'anchor.unverified', detail: (error as Error).message });
      }
    }
    this.#anchors.sort((a, b) => a.size - b.size);
  }

  /** Problems of the anchors themselves, for a log of this origin. */
  open(origin: string): Problem[] {
    const strangers = this.#anchors.filter((anchor) => anchor.origin !== origin);
    for (const anchor of strangers) {
      this.#problems.push({ code: 'anchor.unverified', detail: `is of the log ${anchor.origin}` });
      this.#anchors.splice(this.#anchors.indexOf(anchor), 1);
    }
    return this.#problems;
  }

  /** The tree grew to `size`. */
  reach(size: number, root: () => Uint8Array): Problem[] {
    const problems: Problem[] = [];
    for (let anchor = this.#anchors[this.#next]; anchor !== undefined && anchor.size <= size; ) {
      if (anchor.size < size) {
        const detail = `the checkpoint of size ${anchor.size} falls into skipped entries`;
        problems.push({ code: 'anchor.skipped', detail });
      } else if (!sameHash(anchor.root, root())) {
        const detail = `the checkpoint of size ${size} kept elsewhere has another root`;
        problems.push({ code: 'anchor.forked', detail });
      }
      this.#next += 1;
      anchor = this.#anchors[this.#next];
    }
    return problems;
  }

  /** The export ended at `size`. */
  finish(size: number): Problem[] {
    return this.#anchors.slice(this.#next).map((anchor) => ({
      code: 'anchor.beyond_end' as const,
      index: size,
      detail: `a checkpoint kept elsewhere has ${anchor.size} entries, the export ends at ${size}`,
    }));
  }
}
