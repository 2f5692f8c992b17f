import { isAscii, isUtf8 } from 'node:buffer';
import { maxHeadBytes } from '#contracts';
import { type FoundPart, mayBePersonal, splitHead } from '#ledger';

/** An event's payload as the ledger takes it. */
export interface ReadPayload {
  /** Null where the payload is no envelope: then all of it is `tail`. */
  head: Record<string, unknown> | null;
  /** The head's bytes without personal values. */
  bytes: Buffer;
  parts: FoundPart[];
  tail: Buffer;
}

const unreadableHead = Buffer.from('{"unreadable":true}');

/** Takes a payload apart. Never throws: what is no envelope is recorded as it is. */
export function readPayload(payload: Uint8Array): ReadPayload {
  const whole = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const length = whole.length < 4 ? -1 : whole.readUInt32LE(0);
  if (length < 2 || length > maxHeadBytes || 4 + length > whole.length) return unreadable(whole);
  const bytes = whole.subarray(4, 4 + length);
  const tail = whole.subarray(4 + length);
  try {
    const isPlain = isAscii(bytes);
    const text = isPlain ? bytes.toString('latin1') : bytes.toString('utf8');
    const head: unknown = JSON.parse(text);
    if (head === null || typeof head !== 'object' || Array.isArray(head)) return unreadable(whole);
    const object = head as Record<string, unknown>;
    if ((isPlain || isUtf8(bytes)) && !mayBePersonal(text)) return { head: object, bytes, parts: [], tail };
    const split = splitHead(object);
    return { head: object, bytes: split.head, parts: split.parts, tail };
  } catch {
    return unreadable(whole);
  }
}

function unreadable(whole: Buffer): ReadPayload {
  return { head: null, bytes: unreadableHead, parts: [], tail: whole };
}
