import type { PersonalCommitment } from '#ledger';

/** Values of one owner, sealed with the owner's data key; `owner` is empty where they are nobody's and in clear. */
export interface SealedOpenings {
  owner: string;
  bytes: Buffer;
}

const digestBytes = 32;

/** Bytes of `writeCommitments`. */
export function commitmentsSize(list: readonly PersonalCommitment[]): number {
  let size = 2;
  for (const { path, ownerKey } of list) {
    size += 4 + Buffer.byteLength(path) + Buffer.byteLength(ownerKey) + digestBytes;
  }
  return size;
}

/** Writes commitments: `u16 count, each (u16 length, path | u16 length, owner | digest)`. Gives the end. */
export function writeCommitments(bytes: Buffer, from: number, list: readonly PersonalCommitment[]): number {
  let at = bytes.writeUInt16BE(list.length, from);
  for (const { path, ownerKey, digest } of list) {
    at = writeText(bytes, writeText(bytes, at, path), ownerKey);
    bytes.set(digest, at);
    at += digestBytes;
  }
  return at;
}

/** Reads what `writeCommitments` wrote. */
export function decodeCommitments(bytes: Buffer | null): PersonalCommitment[] {
  if (bytes === null) return [];
  const reader = new Reader(bytes);
  return Array.from({ length: reader.count() }, () => {
    const path = reader.text();
    const ownerKey = reader.text();
    return { path, ownerKey, digest: reader.take(digestBytes) };
  });
}

/** Sealed openings as bytes: `u16 count, each (u16 length, owner | u32 length, bytes)`. */
export function encodeOpenings(list: readonly SealedOpenings[]): Buffer {
  let size = 2;
  for (const { owner, bytes } of list) size += 6 + Buffer.byteLength(owner) + bytes.length;
  const encoded = Buffer.allocUnsafe(size);
  let at = encoded.writeUInt16BE(list.length, 0);
  for (const { owner, bytes } of list) {
    at = encoded.writeUInt32BE(bytes.length, writeText(encoded, at, owner));
    encoded.set(bytes, at);
    at += bytes.length;
  }
  return encoded;
}

/** Reads what `encodeOpenings` wrote. */
export function decodeOpenings(bytes: Buffer | null): SealedOpenings[] {
  if (bytes === null) return [];
  const reader = new Reader(bytes);
  return Array.from({ length: reader.count() }, () => {
    const owner = reader.text();
    return { owner, bytes: reader.take(reader.long()) };
  });
}

/** `u16 length | UTF-8`. Gives the end. */
function writeText(bytes: Buffer, at: number, text: string): number {
  const length = bytes.write(text, at + 2, 'utf8');
  bytes.writeUInt16BE(length, at);
  return at + 2 + length;
}

class Reader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  count(): number {
    this.at += 2;
    return this.bytes.readUInt16BE(this.at - 2);
  }

  long(): number {
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }

  text(): string {
    return this.take(this.count()).toString('utf8');
  }

  take(length: number): Buffer {
    const from = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('personal columns: cut short');
    return this.bytes.subarray(from, this.at);
  }
}
