/** A piece of a streamed answer: `u32le number | u8 attempt | sealed bytes`. */
export interface Frame {
  /** Counted from 1 within an attempt. */
  number: number;
  attempt: number;
  sealed: Uint8Array;
}

/** `frame.<destination>.<requestId>`; destination is an ingress instance, or `parked`. */
export function frameSubject(destination: string, requestId: string): string {
  return `frame.${destination}.${requestId}`;
}

/** The republished subject that an ingress instance listens to. */
export function liveFrameFilter(destination: string): string {
  return `live.frame.${destination}.*`;
}

/** Joins a frame's parts. */
export function encodeFrame(frame: Frame): Uint8Array {
  const bytes = Buffer.allocUnsafe(5 + frame.sealed.length);
  bytes.writeUInt32LE(frame.number, 0);
  bytes.writeUInt8(frame.attempt, 4);
  bytes.set(frame.sealed, 5);
  return bytes;
}

/** Splits a frame. Throws `RangeError` where the bytes are none. */
export function decodeFrame(payload: Uint8Array): Frame {
  if (payload.length < 5) throw new RangeError('frame: too short');
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return { number: bytes.readUInt32LE(0), attempt: bytes.readUInt8(4), sealed: bytes.subarray(5) };
}
