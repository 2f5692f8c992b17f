import { addressPointer, writtenAddress } from '#contracts';
import type { RequestText } from './decision.ts';

/** The text of a request's own address, for rules to search; undefined where a caller wrote nothing there. */
export function addressText(protocol: string, path: string): RequestText | undefined {
  const text = writtenAddress({ protocol, path });
  return text === '' ? undefined : textOfAddress(text);
}

/** The same of what a caller wrote there. */
export function textOfAddress(text: string): RequestText {
  return { pointer: addressPointer, text, turn: 0 };
}
