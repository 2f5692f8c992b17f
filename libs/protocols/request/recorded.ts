import { protocols } from '../protocols.ts';
import type { RequestString } from './read.ts';
import type { RemoteUrl, Unreadable } from './shape.ts';

/** What rules look at in a body. */
export interface ReadBody {
  readonly model: string | null;
  readonly texts: readonly RequestString[];
  readonly unreadable: readonly {
    readonly pointer: string;
    readonly kind: Unreadable['kind'] | 'earlier_answer';
  }[];
  readonly remoteUrls: readonly RemoteUrl[];
}

/** Reads a recorded body as rules saw it when it came; a sentence where that can't be done here. */
export function readRecordedBody(name: string, operation: string, body: Uint8Array): ReadBody | string {
  const protocol = protocols.find((one) => one.name === name);
  const route = protocol?.routes.find((one) => one.operation === operation);
  if (!protocol || !route) return `its protocol ${name} is not known here`;
  const reading = protocol.readRequest(body, route);
  if (reading.kind === 'refusal') return `its body is refused (${reading.code})`;
  const { previousResponse, conversation } = reading.continuation;
  const earlier = [
    ...(previousResponse === undefined ? [] : ['/previous_response_id']),
    ...(conversation === undefined ? [] : ['/conversation']),
  ].map((pointer) => ({ pointer, kind: 'earlier_answer' as const }));
  return {
    model: reading.model ?? null,
    texts: reading.strings,
    unreadable: [...reading.unreadable, ...earlier],
    remoteUrls: reading.remoteUrls,
  };
}
