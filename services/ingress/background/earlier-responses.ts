import { Injectable } from '@nestjs/common';
import { CodedError, type HeldEntry, type Principal } from '#contracts';
import { BodyStore } from '#messaging';
import {
  continueResponse,
  type FoundRoute,
  type Json,
  type JsonObject,
  type RequestReading,
} from '#protocols';
import { Sealer } from '#sealing';
import { belongsTo } from '../waiting/belongs-to.ts';
import { type CompletedContent, openCompletion } from '../waiting/completion.ts';
import { CompletionLog } from '../waiting/completion-log.ts';
import { HeldIndex } from '../waiting/held-index.ts';
import { type RestoredAnswer, Restoring } from '../waiting/restoring.ts';
import { StoredRequests } from '../waiting/stored-requests.ts';
import { ResponseEvents, requestIdOf, responseIdOf } from './response-events.ts';

/** A request with the turns of the response that it goes on from. */
export interface Continued {
  readonly body: Uint8Array;
  /** The request that the earlier response answered. */
  readonly requestId: string;
}

const details = { param: 'previous_response_id' };

/**
 * `previous_response_id` with an id of ours: the gateway puts the earlier turns into the request, so rules, people and masking
 * see all of it and the model's server need not keep anything. Other ids are the model server's business.
 */
@Injectable()
export class EarlierResponses {
  constructor(
    private readonly held: HeldIndex,
    private readonly completions: CompletionLog,
    private readonly stored: StoredRequests,
    private readonly restoring: Restoring,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
  ) {}

  /**
   * The request with the earlier turns; undefined where it goes on from none of ours. Throws `request.not_found` where the
   * response is not the caller's or its content is gone, `request.invalid` where it has no output.
   */
  async continue(
    reading: RequestReading,
    bytes: Uint8Array,
    { protocol, route }: FoundRoute,
    caller: Principal,
  ): Promise<Continued | undefined> {
    const id = reading.continuation.previousResponse;
    const requestId = id === undefined ? undefined : requestIdOf(id);
    if (requestId === undefined) return undefined;
    const entry = this.held.get(requestId);
    if (!entry || entry.protocol !== protocol.name || !belongsTo(entry, caller)) throw notFound();
    const [response, sent] = await Promise.all([this.responseOf(entry), this.requestOf(entry)]);
    const request = sent && protocol.readRequest(sent, route);
    if (!request || request.kind === 'refusal') throw notFound();
    const body = continueResponse(bytes, reading.body, { request: request.body, response });
    if (!body) throw new CodedError('request.invalid', 'The request can not be put together.', { details });
    return { body, requestId };
  }

  private async responseOf(entry: HeldEntry): Promise<JsonObject> {
    const completion = await this.completions.find(entry);
    if (!completion && entry.state !== 'completed') {
      throw new CodedError('request.invalid', 'The previous response has not ended yet.', { details });
    }
    if (!completion) throw notFound();
    const content = await openCompletion(completion, entry.subjectKey, this.sealer, this.bodies);
    // As its caller got it: what the prompt's mask took out stands there again, and is masked again.
    const { requestId, subjectKey } = entry;
    const isRestorable = completion.head.restorable === true;
    const restored = isRestorable ? await this.restoring.open(subjectKey, requestId, Date.now()) : null;
    const response = responseIn(content, requestId, restored);
    if (completion.head.outcome !== 'answered' || !response || !Array.isArray(response.output)) {
      throw new CodedError('request.invalid', 'The previous response has no output to go on from.', {
        details,
      });
    }
    return response;
  }

  private async requestOf(entry: HeldEntry): Promise<Buffer | undefined> {
    return entry.latest && this.stored.open(entry, entry.latest.sequence);
  }
}

function notFound(): CodedError {
  return new CodedError('request.not_found', 'There is no such response of yours to go on from.', {
    details,
  });
}

/** The response object of an answer, whole or streamed. */
function responseIn(
  content: CompletedContent,
  requestId: string,
  restored: RestoredAnswer | null,
): JsonObject | undefined {
  switch (content.kind) {
    case 'body':
      return parsed(textOf(restored?.whole(content.bytes) ?? content.bytes));
    case 'transcript': {
      const events = new ResponseEvents(responseIdOf(requestId), -1);
      for (const text of content.texts)
        events.take(restored ? textOf(restored.push(Buffer.from(text))) : text);
      if (restored) events.take(textOf(restored.end()));
      return parsed(events.final);
    }
    case 'reason':
    case 'none':
      return undefined;
    default:
      return content satisfies never;
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

function parsed(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
