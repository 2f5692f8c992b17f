import type { RequestReleased } from '#contracts';
import { contentLabel, type KeyMark, keyMarkOf, type Sealer } from '#sealing';

/**
 * Seals what a request brings about with the key that its body came under: whoever is erased while it runs, and comes
 * back, has another key, and what they asked before must not become readable with that.
 */
export class RequestSealer {
  private readonly marks = new WeakMap<RequestReleased, KeyMark>();

  constructor(private readonly sealer: Sealer) {}

  /** The body of this release came sealed so. */
  opened(head: RequestReleased, sealed: Uint8Array): void {
    this.marks.set(head, keyMarkOf(sealed));
  }

  /** Throws `ContentErasedError` where that key is gone, `MissingDependencyError` where the bucket is away. */
  seal(head: RequestReleased, part: string, clear: Uint8Array): Promise<Buffer> {
    const label = contentLabel(head.terms.requestId, part);
    return this.sealer.sealAs(this.marks.get(head), head.subjectKey, label, clear);
  }
}
