import { Injectable } from '@nestjs/common';
import { approvalRequested, type ContentDifference, decodeEnvelope, type HeldEntry } from '#contracts';
import { BodyStore, Bus } from '#messaging';
import { differencesOf } from '#protocols';
import { ContentErasedError, contentLabel, Sealer } from '#sealing';

/** Tells a requester what people changed in their request. */
@Injectable()
export class Edits {
  constructor(
    private readonly bus: Bus,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
  ) {}

  /** Undefined where nothing was edited, the rule keeps it to itself, or the content is gone. */
  async of(entry: HeldEntry): Promise<ContentDifference[] | undefined> {
    const { askedSequence, edited } = entry;
    if (askedSequence === undefined || edited === undefined) return undefined;
    const [sent, made] = await Promise.all([
      this.contentAt(askedSequence, entry),
      this.contentAt(edited.sequence, entry),
    ]);
    return sent && made ? differencesOf(sent, made) : undefined;
  }

  /** The request that an `approval.requested` of the log speaks of, opened. */
  private async contentAt(sequence: number, { requestId }: HeldEntry): Promise<Buffer | undefined> {
    const message = await this.bus.readMessage({ sequence });
    if (!message) return undefined;
    const { head, tail } = decodeEnvelope(message.payload);
    const asked = approvalRequested.schema.safeParse(head).data;
    if (asked?.requestId !== requestId || asked.gate !== 'prompt') return undefined;
    const { body, version, context } = asked;
    const sealed = body.location.in === 'store' ? await this.bodies.get(body.location.name) : tail;
    if (!sealed) return undefined;
    return this.sealer
      .open(context.subjectKey, contentLabel(requestId, `body:${version}`), sealed)
      .catch((error: Error) => {
        if (error instanceof ContentErasedError) return undefined;
        throw error;
      });
  }
}
