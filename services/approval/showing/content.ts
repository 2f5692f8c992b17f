import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type BodyReference, carriedBodyLimitBytes, decodeEnvelope, inlineBodyLimitBytes } from '#contracts';
import { BodyStore, Bus, MissingDependencyError } from '#messaging';
import { ContentErasedError, contentLabel, Sealer } from '#sealing';
import type { NoteKind } from '../approval-note.entity.ts';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import type { ApprovalVersion } from './approval-version.entity.ts';

/** The log keeps events for 72 h by default, and a release may wait for some of that. */
const freshMs = 24 * 3_600_000;

/** So long content waits for a key while the broker is known to be away: somebody looks at the page meanwhile. */
const patienceMs = 1000;

/** True where the log still holds what was asked when its release is run. */
export function isFresh({ requestedAt }: Pick<ApprovalRequest, 'requestedAt'>, at: number): boolean {
  return at - requestedAt.getTime() < freshMs;
}

/** Sealed content as it arrived or is to be kept: in the row, or under a name in the object store. */
export interface SealedContent {
  /** As a release names it. */
  body: BodyReference;
  sealed: Buffer | null;
}

/** The associated data of one version of what people decide about, at every gate. */
export function versionLabel(requestId: string, version: number): string {
  return contentLabel(requestId, `body:${version}`);
}

/** The associated data of a reason. */
export function reasonLabel(requestId: string): string {
  return contentLabel(requestId, 'reason');
}

/** Fetches, opens and seals the content of approval requests. */
@Injectable()
export class Content {
  constructor(
    private readonly bus: Bus,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
  ) {}

  /**
   * The sealed content an event speaks of, wherever it is; null where the log doesn't hold it (any more). Throws
   * `MissingDependencyError` where the broker can't be asked.
   */
  async fetch(
    body: BodyReference,
    message: { tail: Uint8Array; sequence: number },
  ): Promise<SealedContent | null> {
    const { location } = body;
    if (location.in === 'store') return { body, sealed: null };
    if (location.in === 'tail') {
      // Too large for a release to carry, it is read from this event.
      return {
        body: { ...body, location: { in: 'stream', sequence: message.sequence } },
        sealed: copy(message.tail),
      };
    }
    const stored = await this.bus.readMessage({ sequence: location.sequence }).catch(away('the log'));
    return stored && { body, sealed: copy(decodeEnvelope(stored.payload).tail) };
  }

  /**
   * Where a release's reader finds the version in hand. An event that may leave the log before the model is called is
   * no such place: then the content is put into the object store.
   */
  async lastingBody(row: ApprovalRequest, version: ApprovalVersion, at: number): Promise<BodyReference> {
    const { body } = row;
    if (body.location.in !== 'stream' || isFresh(row, at) || !version.sealed) return body;
    const name = `${row.id}.${version.version}.${version.digest.slice(0, 16)}`;
    await this.bodies.put(name, version.sealed).catch(away('the object store'));
    return { ...body, location: { in: 'store', name } };
  }

  /**
   * One version's content in clear. Throws `ContentErasedError` where it was erased or is gone, `MissingDependencyError`
   * where it can't be opened right now.
   */
  async open(
    row: ApprovalRequest,
    version: Pick<ApprovalVersion, 'version' | 'sealed' | 'stored'>,
  ): Promise<Buffer> {
    const sealed = version.sealed ?? (version.stored === null ? null : await this.stored(version.stored));
    if (!sealed) throw new ContentErasedError();
    return this.unseal(row, versionLabel(row.requestId, version.version), sealed);
  }

  /**
   * Seals a new version. What no message can carry goes to the object store at once. Throws `ContentErasedError` where its
   * person was erased.
   */
  async sealVersion(
    row: ApprovalRequest,
    version: number,
    clear: { bytes: Uint8Array; digest: string },
  ): Promise<SealedContent> {
    const label = versionLabel(row.requestId, version);
    const sealed = await this.sealer.sealAs(undefined, row.subjectKey, label, clear.bytes);
    const reference = { digest: clear.digest, bytes: clear.bytes.length };
    // Nothing reads a redacted answer from the log, so one that a release can't carry goes to the store.
    const limit = row.gate === 'prompt' ? inlineBodyLimitBytes : carriedBodyLimitBytes;
    if (clear.bytes.length <= limit) {
      return { body: { ...reference, location: { in: 'tail' } }, sealed };
    }
    const name = `${row.id}.${version}.${clear.digest.slice(0, 16)}`;
    await this.bodies.put(name, sealed).catch(away('the object store'));
    return { body: { ...reference, location: { in: 'store', name } }, sealed: null };
  }

  /**
   * Seals why somebody decides as they do; undefined where nothing was said. Throws `ContentErasedError` where the request's
   * person was erased: nothing is left to decide, and a new key would keep what was said of it.
   */
  async sealReason(row: ApprovalRequest, reason: string | undefined): Promise<Buffer | undefined> {
    if (reason === undefined) return undefined;
    return this.sealer.sealAs(undefined, row.subjectKey, reasonLabel(row.requestId), reasonBytes(reason));
  }

  /** Seals what is said of a request that may be over, and its person erased. */
  async sealRemark(row: ApprovalRequest, remark: string): Promise<Buffer> {
    return this.sealer.seal(row.subjectKey, reasonLabel(row.requestId), reasonBytes(remark));
  }

  /** Opens what `sealReason` and `sealRemark`, or the requester, sealed. Throws as `open` does. */
  async openNote(row: ApprovalRequest, kind: NoteKind, sealed: Uint8Array): Promise<string> {
    const part = kind === 'justified' ? 'justification' : 'reason';
    const text = await this.unseal(row, contentLabel(row.requestId, part), sealed);
    return z.record(z.string(), z.string()).parse(JSON.parse(text.toString('utf8')))[part] ?? '';
  }

  private async unseal({ subjectKey }: ApprovalRequest, label: string, sealed: Uint8Array): Promise<Buffer> {
    const opening = this.sealer.open(subjectKey, label, sealed);
    if (this.bus.connected) return opening;
    const late = setTimeout(patienceMs, undefined, { ref: false });
    return Promise.race([opening, late.then(() => away('the key bucket')(undefined))]);
  }

  private stored(name: string): Promise<Uint8Array | null> {
    return this.bodies.get(name).catch(away('the object store'));
  }
}

const reasonBytes = (reason: string): Buffer => Buffer.from(JSON.stringify({ reason }), 'utf8');

const copy = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

const away =
  (what: string) =>
  (cause: unknown): never => {
    throw new MissingDependencyError(`${what} is away`, { cause });
  };
