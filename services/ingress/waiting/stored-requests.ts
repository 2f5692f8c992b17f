import { Injectable } from '@nestjs/common';
import {
  approvalRequested,
  type BodyReference,
  decodeEnvelope,
  type HeldEntry,
  requestReceived,
} from '#contracts';
import { BodyStore, Bus } from '#messaging';
import { ContentErasedError, contentLabel, Sealer } from '#sealing';

/** An event of the log that speaks of a request's body. */
interface Telling {
  readonly requestId: string;
  readonly subjectKey: string;
  readonly version: number;
  readonly body: BodyReference;
  readonly tail: Uint8Array;
}

/** Opens requests that the log holds, as they were sent or as people changed them. */
@Injectable()
export class StoredRequests {
  constructor(
    private readonly bus: Bus,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
  ) {}

  /**
   * The body that an event of this person's request tells of; undefined where it is erased, or the log holds it no more.
   */
  async open(
    { requestId, subjectKey }: Pick<HeldEntry, 'requestId' | 'subjectKey'>,
    sequence: number,
  ): Promise<Buffer | undefined> {
    const message = await this.bus.readMessage({ sequence });
    const telling = message && tellingOf(message.payload);
    if (telling?.requestId !== requestId || telling.subjectKey !== subjectKey) return undefined;
    const sealed = await this.sealedOf(telling);
    if (!sealed) return undefined;
    const label = contentLabel(requestId, `body:${telling.version}`);
    return this.sealer.open(telling.subjectKey, label, sealed).catch((error: Error) => {
      if (error instanceof ContentErasedError) return undefined;
      throw error;
    });
  }

  private async sealedOf({ body: { location }, tail }: Telling): Promise<Uint8Array | null> {
    switch (location.in) {
      case 'tail':
        return tail;
      case 'store':
        return this.bodies.get(location.name);
      case 'stream': {
        const holder = await this.bus.readMessage({ sequence: location.sequence });
        return holder ? decodeEnvelope(holder.payload).tail : null;
      }
      default:
        return location satisfies never;
    }
  }
}

function tellingOf(payload: Uint8Array): Telling | undefined {
  const { head, tail } = decodeEnvelope(payload);
  const asked = approvalRequested.schema.safeParse(head).data;
  const told = asked ?? requestReceived.schema.safeParse(head).data;
  if (!told || asked?.gate === 'response' || asked?.gate === 'change') return undefined;
  const { requestId, context, body } = told;
  return { requestId, subjectKey: context.subjectKey, version: asked?.version ?? 1, body, tail };
}
