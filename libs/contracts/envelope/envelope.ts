/**
 * The bytes of every event: `u32le head length | JSON head | sealed tail`. The head is metadata in clear; the
 * tail, where there is one, is content sealed with the data subject's key (see `libs/sealing`), and a service
 * that passes content on copies the tail unchanged.
 */
export interface Envelope {
  head: unknown;
  /** A view on the received bytes; empty where the event carries no content. */
  tail: Uint8Array;
}

/** The largest head that is read; a larger one is poison. */
export const maxHeadBytes = 1024 * 1024;

const empty = new Uint8Array(0);

/** Joins a head and a sealed tail into an event's payload. */
export function encodeEnvelope(head: object, tail: Uint8Array = empty): Uint8Array {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const bytes = Buffer.allocUnsafe(4 + json.length + tail.length);
  bytes.writeUInt32LE(json.length, 0);
  json.copy(bytes, 4);
  bytes.set(tail, 4 + json.length);
  return bytes;
}

/** Splits an event's payload. Throws `RangeError` or `SyntaxError` where the bytes are no envelope. */
export function decodeEnvelope(payload: Uint8Array): Envelope {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes.length < 4) throw new RangeError('envelope: shorter than its length field');
  const length = bytes.readUInt32LE(0);
  if (length > maxHeadBytes || 4 + length > bytes.length) throw new RangeError('envelope: bad head length');
  return { head: JSON.parse(bytes.toString('utf8', 4, 4 + length)), tail: bytes.subarray(4 + length) };
}
