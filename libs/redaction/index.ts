export { RedactionError, type RedactionErrorCode } from './errors.ts';
export {
  compileMasker,
  type Masker,
  type MaskerOptions,
  type MaskResult,
  type MaskStream,
  type StreamOptions,
} from './masker.ts';
export { decryptDigits } from './operators/digits.ts';
export { decryptValue } from './operators/encrypt.ts';
export { openRestorer, type RestoreOptions, type RestoreStream, restoreText } from './restore.ts';
export type { Finding, Span, Trial } from './span.ts';
