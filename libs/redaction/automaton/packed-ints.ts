/** Integers as bytes: runs of the same difference to the number before, each as two LEB128 numbers (value and count). */
export function packInts(ints: ArrayLike<number>): Uint8Array {
  const bytes: number[] = [];
  let previous = 0;
  for (let k = 0; k < ints.length; ) {
    const step = ints[k]! - previous;
    let count = 0;
    while (k < ints.length && ints[k]! - previous === step) {
      previous = ints[k++]!;
      count++;
    }
    writeNumber(bytes, step < 0 ? -2 * step - 1 : 2 * step);
    writeNumber(bytes, count);
  }
  return Uint8Array.from(bytes);
}

/** `length` integers that `packInts` wrote. */
export function unpackInts(bytes: Uint8Array, length: number): Int32Array {
  const ints = new Int32Array(length);
  let at = 0;
  let previous = 0;
  const read = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  for (let k = 0; k < length; ) {
    const step = read();
    const by = step % 2 === 1 ? -(step + 1) / 2 : step / 2;
    for (let count = read(); count > 0 && k < length; count--) {
      previous += by;
      ints[k++] = previous;
    }
  }
  return ints;
}

function writeNumber(into: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) into.push((rest & 0x7f) | 0x80);
  into.push(rest);
}
