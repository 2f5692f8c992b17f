import type { ServerResponse } from 'node:http';
import type { Principal } from '#contracts';
import type { FoundRoute, RequestReading } from '#protocols';
import type { Call } from '../intake.ts';
import { BackgroundConnection } from './background-connection.ts';
import type { EarlierResponses } from './earlier-responses.ts';

/** What a call asks of the gateway besides an answer. */
export interface ResponsesCall {
  /** As sent, or with the turns of the response that it goes on from. */
  readonly body: Uint8Array;
  readonly continues?: string;
  readonly background?: NonNullable<Call['background']>;
}

/** Reads what OpenAI's responses ask of the gateway itself: to go on from an earlier one, to answer later. */
export async function responsesCallOf(
  { requestId, found, response }: { requestId: string; found: FoundRoute; response: ServerResponse },
  sent: Uint8Array,
  caller: Principal,
  earlier: EarlierResponses,
): Promise<ResponsesCall> {
  const reading = found.protocol.readRequest(sent, found.route);
  // Policy says what is wrong with it.
  if (reading.kind === 'refusal') return { body: sent };
  const continued = await earlier.continue(reading, sent, found, caller);
  return {
    body: continued?.body ?? sent,
    ...(continued && { continues: continued.requestId }),
    ...(reading.background && { background: backgroundOf(requestId, found, response, reading) }),
  };
}

/** A response that its client asks for later. */
function backgroundOf(
  requestId: string,
  { protocol }: FoundRoute,
  response: ServerResponse,
  { model, stream }: RequestReading,
): NonNullable<Call['background']> {
  const reading = { as: 'events' as const, after: -1 };
  const client = new BackgroundConnection(response, protocol.wire, requestId, reading, Date.now(), model);
  return { client, stream };
}
