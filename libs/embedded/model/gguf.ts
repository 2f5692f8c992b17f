/** One entry of a GGUF file's metadata. */
export type GgufValue =
  | { readonly type: 'uint32'; readonly value: number }
  | { readonly type: 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] }
  | { readonly type: 'float32s'; readonly value: readonly number[] };

/** Row-major numbers; `shape` as in the file: the length of a row first. Matrices are stored as half floats. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const VERSION = 3;
const ALIGNMENT = 32;
const TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const TENSOR_TYPE = { f32: 0, f16: 1 } as const;

/** The bytes of a GGUF 3 file (ggml's docs/gguf.md). The same input always gives the same bytes. */
export function gguf(
  metadata: readonly (readonly [string, GgufValue])[],
  tensors: readonly GgufTensor[],
): Buffer {
  const head: Buffer[] = [Buffer.from('GGUF'), u32(VERSION), u64(tensors.length), u64(metadata.length)];
  for (const [key, value] of metadata) head.push(text(key), ...encode(value));
  const bodies = tensors.map(({ data, shape }) => (shape.length > 1 ? halves(data) : bytesOf(data)));
  let offset = 0;
  tensors.forEach(({ name, shape }, k) => {
    head.push(text(name), u32(shape.length), ...shape.map(u64));
    head.push(u32(shape.length > 1 ? TENSOR_TYPE.f16 : TENSOR_TYPE.f32), u64(offset));
    offset += padded((bodies[k] as Buffer).length);
  });
  const start = Buffer.concat(head);
  return Buffer.concat([pad(start), ...bodies.map(pad)]);
}

function encode(entry: GgufValue): Buffer[] {
  switch (entry.type) {
    case 'uint32':
      return [u32(TYPE.uint32), u32(entry.value)];
    case 'float32':
      return [u32(TYPE.float32), f32(entry.value)];
    case 'bool':
      return [u32(TYPE.bool), Buffer.from([entry.value ? 1 : 0])];
    case 'string':
      return [u32(TYPE.string), text(entry.value)];
    case 'strings':
      return [u32(TYPE.array), u32(TYPE.string), u64(entry.value.length), ...entry.value.map(text)];
    case 'int32s':
      return [u32(TYPE.array), u32(TYPE.int32), u64(entry.value.length), ...entry.value.map(i32)];
    case 'float32s':
      return [u32(TYPE.array), u32(TYPE.float32), u64(entry.value.length), ...entry.value.map(f32)];
    default:
      return entry satisfies never;
  }
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function i32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], padded(bytes.length));
}

function bytesOf(data: Float32Array): Buffer {
  const buffer = Buffer.alloc(data.length * 4);
  data.forEach((value, k) => {
    buffer.writeFloatLE(value, k * 4);
  });
  return buffer;
}

function halves(data: Float32Array): Buffer {
  const result = new Uint16Array(data.length);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let k = 0; k < data.length; k++) result[k] = halfBits(bits[k] as number);
  return Buffer.from(result.buffer);
}

/** IEEE 754 binary32 to binary16; too small becomes zero, too large becomes infinity, the rest rounds to nearest. */
function halfBits(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const exponent = ((single >>> 23) & 0xff) - 112;
  if (exponent <= 0) return sign;
  if (exponent >= 31) return sign | 0x7c00;
  return sign | ((((exponent << 23) | (single & 0x7fffff)) + 0x1000) >>> 13);
}
