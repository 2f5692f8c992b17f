const maxRemembered = 30_000;

/**
 * Which entry holds which sealed bytes: a release that carries the body on refers to the entry that brought it. Only
 * recent ones are remembered; what is not found is stored a second time.
 */
export class TailIndex {
  private readonly known = new Map<string, number>();

  /** The index of the entry that holds bytes with this digest: an earlier one's, or the given one's. */
  take(digest: Uint8Array, index: number): number {
    const key = Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1');
    const holder = this.known.get(key);
    if (holder !== undefined) return holder;
    if (this.known.size >= maxRemembered) this.forgetOldest();
    this.known.set(key, index);
    return index;
  }

  /** Forgets everything: another segment begins, or what was remembered may not have been stored. */
  clear(): void {
    this.known.clear();
  }

  private forgetOldest(): void {
    let left = maxRemembered / 2;
    for (const key of this.known.keys()) {
      if (left-- <= 0) return;
      this.known.delete(key);
    }
  }
}
