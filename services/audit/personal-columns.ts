import type { PersonalCommitment } from '#ledger';

/** Values of one owner, sealed with the owner's data key; `owner` is empty where they are nobody's and in clear. */
export interface SealedOpenings {
  owner: string;
  bytes: Buffer;
}

const digestBytes = 32;

/** Commitments as bytes: `u16 count, each (u16 length, path | u16 length, owner | digest)`. */
export function encodeCommitments(list: readonly PersonalCommitment[]): Buffer {
  const parts: Buffer[] = [u16(list.length)];
  for (const { path, ownerKey, digest } of list)
    parts.push(field(path), field(ownerKey), Buffer.from(digest));
  return Buffer.concat(parts);
}

/** Reads what `encodeCommitments` wrote. */
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
  const parts: Buffer[] = [u16(list.length)];
  for (const { owner, bytes } of list) {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    parts.push(field(owner), length, bytes);
  }
  return Buffer.concat(parts);
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

function u16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([u16(bytes.length), bytes]);
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
