import { decodeEnvelope } from '#contracts';
import { type BodyStore, type Bus, MissingDependencyError } from '#messaging';
import { ContentErasedError, contentLabel, type Sealer } from '#sealing';
import type { Release } from '../running/release.ts';
import { RefusedReleaseError, verifyDigest } from '../running/verify-release.ts';
import type { RequestSealer } from './request-sealer.ts';

/** What was opened earlier than this may have been erased since. */
const begunMs = 1000;

/** Opens the body that a release speaks of, wherever its sealed bytes are, and checks that it is that one. */
export class Bodies {
  private readonly begun = new WeakMap<Release['message'], { body: Promise<Buffer>; atMs: number }>();

  constructor(
    private readonly bus: Bus,
    private readonly sealer: Sealer,
    private readonly store: BodyStore,
    private readonly own: RequestSealer,
  ) {}

  /** Starts opening a body that is about to be asked for, if ever. */
  begin(release: Release): void {
    const body = this.read(release);
    // Whoever asks for it hears of it.
    body.catch(() => undefined);
    this.begun.set(release.message, { body, atMs: performance.now() });
  }

  /**
   * The clear bytes. Throws `RefusedReleaseError` where they are not those that were decided on, `ContentErasedError`
   * where the person's key is gone, `MissingDependencyError` where a store is away.
   */
  open(release: Release): Promise<Buffer> {
    const begun = this.begun.get(release.message);
    this.begun.delete(release.message);
    return begun && performance.now() - begun.atMs < begunMs ? begun.body : this.read(release);
  }

  private async read({ head, message }: Release): Promise<Buffer> {
    const { requestId, version, digest } = head.terms;
    const sealed = await this.sealed(head, message.tail);
    if (sealed === null) throw new RefusedReleaseError('body', true);
    const label = contentLabel(requestId, `body:${version}`);
    const clear = await this.sealer.open(head.subjectKey, label, sealed).catch((error: unknown) => {
      if (error instanceof ContentErasedError || error instanceof MissingDependencyError) throw error;
      throw new RefusedReleaseError('body', true);
    });
    verifyDigest(clear, digest);
    this.own.opened(head, sealed);
    return clear;
  }

  private async sealed(head: Release['head'], tail: Uint8Array): Promise<Uint8Array | null> {
    const { location } = head.body;
    switch (location.in) {
      case 'tail':
        return tail;
      case 'stream': {
        const stored = await away(this.bus.readMessage({ sequence: location.sequence }));
        return stored && decodeEnvelope(stored.payload).tail;
      }
      case 'store':
        return away(this.store.get(location.name));
      default:
        return location satisfies never;
    }
  }
}

async function away<T>(reading: Promise<T>): Promise<T> {
  return reading.catch((cause: unknown) => {
    throw new MissingDependencyError('the body can not be read now', { cause });
  });
}
