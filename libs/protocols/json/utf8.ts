const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes UTF-8 without dropping a byte-order mark; undefined where the bytes are not UTF-8. */
export function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes UTF-8 as clients do: invalid sequences become U+FFFD. */
export function decodeLeniently(bytes: Uint8Array): string {
  return lenientUtf8.decode(bytes);
}
