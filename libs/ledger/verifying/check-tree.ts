import type { SkippedLine } from '../exporting/export-lines.ts';
import { openCheckpoint } from '../signing/checkpoint.ts';
import type { NoteVerifier } from '../signing/keys.ts';
import { CompactRange } from '../tree/compact-range.ts';
import { sameHash } from '../tree/hashing.ts';
import { coverRange } from '../tree/nodes.ts';
import { AnchorCheck } from './check-anchors.ts';
import type { Problem } from './problems.ts';

/** Grows the tree from an export's entries and compares it with every checkpoint, its own and those kept elsewhere. */
export class TreeCheck {
  readonly #keys: readonly NoteVerifier[];
  readonly #anchors: AnchorCheck;
  readonly #tree = new CompactRange();
  /** The index that the next entry must have. */
  #next = 0;
  /** After a hole or a wrong root later roots say nothing new. */
  #isBroken = false;
  /** The size of the last checkpoint whose root was right, and of the last one at all. */
  #provenSize = 0;
  #checkpointSize = -1;
  #checkpoints = 0;

  constructor(keys: readonly NoteVerifier[], anchors: readonly string[]) {
    this.#keys = keys;
    this.#anchors = new AnchorCheck(anchors, keys);
  }

  get next(): number {
    return this.#next;
  }

  get checkpoints(): number {
    return this.#checkpoints;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /** The log is named: anchors of another one are refused. */
  open(origin: string): Problem[] {
    return [...this.#anchors.open(origin), ...this.#reach()];
  }

  /** An entry claims a later index: what is between is missing. */
  hole(index: number): Problem {
    const problem = { index: this.#next, detail: `entries ${this.#next} to ${index - 1} are missing` };
    this.#next = index;
    this.#isBroken = true;
    return { code: 'entry.missing', ...problem };
  }

  /** Takes the next entry's leaf hash. */
  append(leaf: Uint8Array): Problem[] {
    if (!this.#isBroken) this.#tree.append(leaf);
    this.#next += 1;
    return this.#reach();
  }

  /** Takes a range of entries by the roots of its subtrees. */
  skip({ from, to, nodes }: SkippedLine): Problem[] {
    const cover = from === this.#next && to > from ? coverRange(from, to) : [];
    if (cover.length === 0 || cover.length !== nodes.length) {
      this.#isBroken = true;
      const detail = `a range from ${from} to ${to} can't be skipped at ${this.#next} with ${nodes.length} hashes`;
      return [{ code: 'export.malformed', detail, index: this.#next }];
    }
    if (!this.#isBroken) {
      cover.forEach(({ level }, i) => {
        this.#tree.appendSubtree(level, Buffer.from(nodes[i] as string, 'base64'));
      });
    }
    this.#next = to;
    return this.#reach();
  }

  #reach(): Problem[] {
    if (this.#isBroken) return [];
    const problems = this.#anchors.reach(this.#next, () => this.#tree.root());
    return problems.map((problem) => ({ ...problem, index: this.#provenSize }));
  }

  /** Takes a signed checkpoint that must be of the present size. */
  checkpoint(note: string, origin: string): Problem[] {
    try {
      const opened = openCheckpoint(note, this.#keys);
      if (opened.origin !== origin) {
        return [{ code: 'checkpoint.unverified', detail: `is of the log ${opened.origin}` }];
      }
      if (opened.size === this.#next) return this.#compare(opened.root);
      const detail = `a checkpoint of size ${opened.size} stands at ${this.#next}`;
      return [{ code: 'export.misplaced_line', detail, index: Math.min(opened.size, this.#next) }];
    } catch (error) {
      const detail = (error as Error).message;
      return [{ code: 'checkpoint.unverified', detail, index: this.#provenSize }];
    }
  }

  #compare(root: Uint8Array): Problem[] {
    this.#checkpoints += 1;
    this.#checkpointSize = this.#next;
    if (this.#isBroken) return [];
    const index = this.#provenSize;
    if (sameHash(root, this.#tree.root())) {
      this.#provenSize = this.#next;
      return [];
    }
    this.#isBroken = true;
    const detail = `the signed root of size ${this.#next} is another: something changed from ${index} to ${this.#next - 1}`;
    return [{ code: 'checkpoint.forked', detail, index }];
  }

  /** The export ended. */
  finish(): Problem[] {
    const problems = this.#anchors.finish(this.#next);
    if (this.#checkpointSize === this.#next) return problems;
    const index = Math.max(0, this.#checkpointSize);
    return [
      { code: 'checkpoint.missing', detail: `no checkpoint covers the entries from ${index}`, index },
      ...problems,
    ];
  }
}
