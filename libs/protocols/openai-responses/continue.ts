import { isObject, type Json, type JsonObject } from '../json/json.ts';
import { applyEdits, type Edit } from '../request/edit.ts';

/** An ended response: the body that was asked, and the response object that came back. */
export interface EndedResponse {
  readonly request: JsonObject;
  readonly response: JsonObject;
}

/**
 * The body of a request that goes on from an earlier response, with that one's turns before its own: what a server does
 * that keeps responses (platform.openai.com/docs/guides/conversation-state). Instructions are not carried over. Undefined
 * where the body can't be edited.
 */
export function continueResponse(
  bytes: Uint8Array,
  { input }: JsonObject,
  { request, response }: EndedResponse,
): Uint8Array | undefined {
  const turns = [...itemsOf(request.input), ...itemsOf(response.output), ...itemsOf(input)];
  const pointer = '/previous_response_id';
  const before = request.previous_response_id;
  // What stands before the earlier one is known to the model's server only.
  const reference: Edit =
    typeof before === 'string' ? { op: 'replace', pointer, value: before } : { op: 'remove', pointer };
  const items: Edit = { op: input === undefined ? 'add' : 'replace', pointer: '/input', value: turns };
  const edited = applyEdits(bytes, [reference, items]);
  return edited.kind === 'edited' ? edited.bytes : undefined;
}

/** A text is a user's message. */
function itemsOf(input: Json | undefined): Json[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return Array.isArray(input) ? input.filter((item) => isObject(item)) : [];
}
