const quote = 0x22;
const backslash = 0x5c;
const opening = new Set([0x7b, 0x5b]);
const closing = new Set([0x7d, 0x5d]);
const colon = 0x3a;

/**
 * The string under `model` at the top of a JSON object, without parsing the rest: null where there is none. Reads no
 * further than it has to; whether the body is sound is for policy to say.
 */
export function namedModel(body: Uint8Array): string | null {
  let depth = 0;
  let isMember = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (opening.has(byte)) depth++;
    else if (closing.has(byte)) depth--;
    else if (byte === quote) {
      const end = endOfString(body, at);
      if (end < 0) return null;
      if (depth === 1) {
        const next = skipSpace(body, end + 1);
        if (body[next] !== colon) {
          if (isMember) return textOf(body, at, end);
        } else isMember = textOf(body, at, end) === 'model';
      }
      at = end;
    } else if (byte === 0x2c && depth === 1) isMember = false;
  }
  return null;
}

function endOfString(body: Uint8Array, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === backslash) at++;
    else if (body[at] === quote) return at;
  }
  return -1;
}

function skipSpace(body: Uint8Array, from: number): number {
  let at = from;
  while (at < body.length && (body[at] as number) <= 0x20) at++;
  return at;
}

function textOf(body: Uint8Array, start: number, end: number): string | null {
  // Longer than any name of a model or member that counts here.
  if (end - start > 2000) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(body.subarray(start, end + 1)).toString('utf8'));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
