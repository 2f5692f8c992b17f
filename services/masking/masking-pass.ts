import { hkdfSync } from 'node:crypto';
import type { FindingCount, MaskingProfile, RequestReleased } from '#contracts';
import { type Mask, type Masks, type OpenMask, pointerTokens } from '#protocols';
import { compileMasker, type FindGiven, type Masker, type MaskStream } from '#redaction';
import { metrics } from '#telemetry';

/** An operator (or a failure under `onError: block`) refuses the text. */
export class MaskBlockedError extends Error {
  override readonly name = 'MaskBlockedError';
  constructor(readonly where: FindingCount['where']) {
    super(`masking blocks the ${where}`);
  }
}

/** The key of placeholders and hashes, the same for all replicas: HKDF (RFC 5869) of the key-encryption key. */
export function placeholderKey(keyEncryptionKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', keyEncryptionKey, '', 'sallyport-placeholders-v1', 32));
}

/** Within what a placeholder means the same value. Without a known conversation that is the person. */
export function placeholderScope(profile: MaskingProfile, head: RequestReleased): string {
  const { subjectKey, conversation, terms } = head;
  switch (profile.vault.scope) {
    case 'request':
      return `request ${terms.requestId}`;
    case 'conversation':
      return `conversation ${subjectKey} ${conversation ?? ''}`;
    case 'principal':
      return `principal ${subjectKey}`;
    default:
      return profile.vault.scope satisfies never;
  }
}

/** Counts of what was found in one request and its answer; never a value. */
export class Tally {
  private readonly counted = new Map<string, FindingCount>();

  add(where: FindingCount['where'], entity: string, rule: string, count = 1): void {
    const key = `${where} ${entity} ${rule}`;
    const known = this.counted.get(key);
    if (known) known.count += count;
    else this.counted.set(key, { entity, rule, where, count });
    metrics.masked.inc({ entity }, count);
  }

  get counts(): FindingCount[] {
    return this.counted.size === 0 ? [] : [...this.counted.values()];
  }

  /** Entity types and counts in words, for a caller whose request was blocked. */
  describe(): string {
    const perEntity = new Map<string, number>();
    for (const { entity, count } of this.counted.values()) {
      perEntity.set(entity, (perEntity.get(entity) ?? 0) + count);
    }
    return [...perEntity].map(([entity, count]) => `${entity} (${count})`).join(', ');
  }
}

/** Masks one direction of one request with one profile. */
export class MaskingPass {
  private readonly masker: Masker;

  constructor(
    readonly profile: MaskingProfile,
    key: Uint8Array,
    readonly scope: string,
    private readonly where: FindingCount['where'],
    private readonly tally: Tally,
    { given, passing }: { readonly given?: FindGiven; readonly passing?: ReadonlyMap<string, string> } = {},
  ) {
    this.masker = compileMasker(profile, {
      key,
      scope,
      direction: where,
      ...(given && { given }),
      ...(passing && { passing }),
    });
    if (profile.fields.length > 0) {
      this.openJsonMask = () => this.openJsonMaskOf(true);
      this.openFieldMask = (pointer) => this.openFieldMaskOf(pointer, true);
    }
  }

  /** A mask that throws `MaskBlockedError` where the profile blocks. */
  readonly openMask: OpenMask = () => this.openMaskOf(true);
  /** The same for JSON text, where the profile names fields by their path. */
  readonly openJsonMask: OpenMask | undefined;
  /** The same for one string of a body, by its JSON Pointer. */
  readonly openFieldMask: Masks['openFieldMask'];

  /** A client parses an answer's JSON by a schema; what a model reads in a prompt keeps its placeholders. */
  get numbersStay(): boolean {
    return this.where === 'answer';
  }

  /** What placeholders of restorable texts stand for. */
  get issued(): ReadonlyMap<string, string> {
    return this.masker.issued;
  }

  openMaskOf(restorable: boolean): Mask {
    return new CountedMask(this.masker.openStream({ restorable }), this.where, this.tally);
  }

  openJsonMaskOf(restorable: boolean): Mask {
    return new CountedMask(
      this.masker.openJsonStream({ restorable, numbersStay: this.numbersStay }),
      this.where,
      this.tally,
    );
  }

  openFieldMaskOf(pointer: string, restorable: boolean): Mask | undefined {
    const stream = this.masker.openFieldStream(pointerTokens(pointer), { restorable });
    return stream && new CountedMask(stream, this.where, this.tally);
  }

  /** Masks a complete text that stands outside of a body. */
  text(text: string): string {
    const mask = this.openMask('');
    return mask.push(text) + mask.end();
  }
}

class CountedMask implements Mask {
  private seen = 0;

  constructor(
    private readonly stream: MaskStream,
    private readonly where: FindingCount['where'],
    private readonly tally: Tally,
  ) {}

  push(chunk: string): string {
    return this.take(this.stream.push(chunk));
  }

  end(): string {
    return this.take(this.stream.end());
  }

  private take(masked: string): string {
    const { findings, blocked } = this.stream;
    for (; this.seen < findings.length; this.seen++) {
      const finding = findings[this.seen];
      if (finding) this.tally.add(this.where, finding.entity, finding.rule);
    }
    if (blocked) throw new MaskBlockedError(this.where);
    return masked;
  }
}
