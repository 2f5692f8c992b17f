import type { RecordedContent } from '#contracts';
import type { BodyStore } from '#messaging';
import { ContentErasedError, contentLabel, type Sealer } from '#sealing';
import type { EntryReader } from '../entries/entry-reader.ts';
import { requestTimeMs } from '../entries/facts.ts';
import { storedName } from '../keeping/stored-name.ts';
import type { RecordedFact } from './session-store.ts';
import { number, object, text } from './views.ts';

/** Recorded content by the index of the event that brought it. */
export type OpenedContents = ReadonlyMap<number, RecordedContent>;

/** What an event's tail holds and how it was sealed. */
export interface SealedPart {
  index: number;
  requestId: string;
  contentIndex: number | null;
  store: string | null;
  subjectKey: string;
  label: string;
}

/** How the content of an event is sealed; null where it has none of its own. */
export function sealedPartOf({ fact, stored }: RecordedFact): SealedPart | null {
  const { requestId, head } = fact;
  if (requestId === null || head === null) return null;
  const part = partOf(fact.name, head);
  if (part === null) return null;
  const store = storedName(head);
  if (store === null && stored.contentIndex === null) return null;
  const subjectKey = text(head.subjectKey) ?? text(object(head.context).subjectKey) ?? '';
  const { index } = fact;
  const { contentIndex } = stored;
  return { index, requestId, contentIndex, store, subjectKey, label: contentLabel(requestId, part) };
}

function partOf(name: string | null, head: Record<string, unknown>): string | null {
  switch (name) {
    case 'request.received':
      return 'body:1';
    case 'approval.requested':
      return head.gate === 'prompt' ? null : `body:${number(head.version)}`;
    case 'approval.edited':
      return `body:${number(head.version)}`;
    case 'approval.decided':
    case 'content.revealed':
      return 'reason';
    case 'request.justified':
      return 'justification';
    case 'request.completed':
      return head.tail === 'reason' ? 'reason' : 'answer';
    default:
      return null;
  }
}

/** Opens recorded content for those who may read it. */
export class ContentOpener {
  constructor(
    private readonly entries: EntryReader,
    private readonly sealer: Sealer,
    private readonly bodies: BodyStore,
  ) {}

  /** Everything a session's events carry, opened; without the right to it, withheld. */
  async open(facts: readonly RecordedFact[], mayRead: boolean): Promise<OpenedContents> {
    const parts = facts.map(sealedPartOf).filter((part) => part !== null);
    if (!mayRead) return new Map(parts.map(({ index }) => [index, { state: 'withheld' as const }]));
    const indexes = parts.flatMap(({ contentIndex }) => (contentIndex === null ? [] : [contentIndex]));
    const contents = await this.entries.contents([...new Set(indexes)]);
    const erasedAt = await this.entries.erasedAt([...new Set(parts.map(({ subjectKey }) => subjectKey))]);
    const opened = await Promise.all(
      parts.map(async (part) => {
        // What came later may be sealed with a key that they have since.
        const isErased = requestTimeMs(part.requestId) <= (erasedAt.get(part.subjectKey) ?? 0);
        if (isErased) return [part.index, { state: 'erased' as const }] as const;
        const own = part.contentIndex === null ? undefined : contents.get(part.contentIndex);
        const sealed = own ?? (part.store === null ? null : await this.stored(part.store));
        return [part.index, await this.openPart(part, sealed)] as const;
      }),
    );
    return new Map(opened);
  }

  /** The ledger's copy; the object store's while the writer hasn't taken it in. */
  private async stored(name: string): Promise<Uint8Array | null> {
    return (await this.entries.kept(name)) ?? (await this.bodies.get(name));
  }

  private async openPart(part: SealedPart, sealed: Uint8Array | null): Promise<RecordedContent> {
    if (sealed === null) return { state: 'expired' };
    try {
      const clear = await this.sealer.open(part.subjectKey, part.label, sealed);
      return { state: 'shown', text: clear.toString('utf8') };
    } catch (error) {
      if (error instanceof ContentErasedError) return { state: 'erased' };
      throw error;
    }
  }
}
