/** A piece of a streamed answer: `u32le number | u1 restorable | u7 attempt | sealed bytes`. */
export interface Frame {
  /** Counted from 1 within an attempt. */
  number: number;
  attempt: number;
  /** The vault holds values for placeholders in this answer. */
  restorable: boolean;
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

const restorableBit = 0x80;

/** Joins a frame's parts. Throws `RangeError` for a number past 32 bits or an attempt past 127. */
export function encodeFrame(frame: Frame): Uint8Array {
  if (frame.attempt >= restorableBit) throw new RangeError('frame: attempt out of range');
  const bytes = Buffer.allocUnsafe(5 + frame.sealed.length);
  bytes.writeUInt32LE(frame.number, 0);
  bytes.writeUInt8(frame.attempt + (frame.restorable ? restorableBit : 0), 4);
  bytes.set(frame.sealed, 5);
  return bytes;
}

/** Splits a frame. Throws `RangeError` where the bytes are none. */
export function decodeFrame(payload: Uint8Array): Frame {
  if (payload.length < 5) throw new RangeError('frame: too short');
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const second = bytes.readUInt8(4);
  return {
    number: bytes.readUInt32LE(0),
    attempt: second % restorableBit,
    restorable: second >= restorableBit,
    sealed: bytes.subarray(5),
  };
}
