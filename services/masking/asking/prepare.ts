import { createHash } from 'node:crypto';
import type { RequestReleased } from '#contracts';
import { applyEdits, type MaskedRequest, type OpenMask, type RequestReading } from '#protocols';
import type { MaskingPass } from '../masking-pass.ts';
import type { Release } from '../running/release.ts';
import { RefusedReleaseError } from '../running/verify-release.ts';

/** A request as the model gets it. */
export interface PreparedRequest {
  readonly body: Buffer;
  /** SHA-256 of `body`, hex. */
  readonly sentDigest: string;
  /** The caller asked for an answer that is JSON text. */
  readonly answersJson: boolean;
}

/** What masks a request's texts: a pass of masking, or whoever wants to know them first. */
export type RequestPass = Pick<
  MaskingPass,
  'openMaskOf' | 'openJsonMask' | 'openJsonMaskOf' | 'openFieldMask'
>;

/** What a system prompt holds is masked too, but it is not the caller's: it is never restored. */
function maskedBy(pass: RequestPass, { protocol }: Release, reading: RequestReading): MaskedRequest {
  const systems = reading.turns.filter(({ role }) => role === 'system' || role === 'developer');
  const isSystem = (place: string) =>
    /^\/(?:system|instructions)\b/.test(place) ||
    systems.some(({ pointer }) => place === pointer || place.startsWith(`${pointer}/`));
  const openMask: OpenMask = (place) => pass.openMaskOf(!isSystem(place));
  const openJsonMask: OpenMask | undefined =
    pass.openJsonMask && ((place) => pass.openJsonMaskOf(!isSystem(place)));
  const { openFieldMask } = pass;
  return protocol.maskRequest(reading, openMask, undefined, { openJsonMask, openFieldMask });
}

/** Whether the model server knows the model by another name. */
function renamed({ terms, model }: RequestReleased): string | undefined {
  const { upstreamModel } = terms;
  return upstreamModel !== null && upstreamModel !== model ? upstreamModel : undefined;
}

/**
 * Does to a body what the release's obligations say, and nothing else: masks it, gives the model its own name. A body
 * that nothing has to be done to isn't parsed. Throws `RefusedReleaseError` where it can't be read.
 */
export function prepareRequest(
  release: Release,
  body: Buffer,
  requestPass: RequestPass | undefined,
): PreparedRequest {
  const { head, protocol, route } = release;
  const model = renamed(head);
  // Whoever waits for a response in the background waits here: the model's server answers at once.
  const mayBeBackground = route.operation === 'responses.create' && head.destination === 'parked';
  const mustParse =
    requestPass !== undefined || model !== undefined || head.terms.obligations.maskAnswer || mayBeBackground;
  if (!mustParse || body.length === 0) {
    return { body, sentDigest: head.terms.digest, answersJson: false };
  }
  const reading = protocol.readRequest(body, route);
  if (reading.kind === 'refusal') throw new RefusedReleaseError('body', true);
  const masked = requestPass && maskedBy(requestPass, release, reading);
  let bytes: Uint8Array = masked?.changed ? masked.bytes : body;
  if (model !== undefined && reading.model !== undefined) {
    const edit = applyEdits(bytes, [{ op: 'replace', pointer: '/model', value: model }]);
    if (edit.kind === 'fault') throw new RefusedReleaseError('body', true);
    bytes = edit.bytes;
  }
  if (reading.background) {
    const edit = applyEdits(bytes, [{ op: 'replace', pointer: '/background', value: false }]);
    if (edit.kind === 'fault') throw new RefusedReleaseError('body', true);
    bytes = edit.bytes;
  }
  const { answersJson } = reading;
  if (bytes === body) return { body, sentDigest: head.terms.digest, answersJson };
  const sent = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { body: sent, sentDigest: createHash('sha256').update(sent).digest('hex'), answersJson };
}
