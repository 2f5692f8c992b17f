export {
  adoptTables,
  compileTables,
  needsCompiling,
  type ProfileTables,
  packDefaultTables,
} from './compile.ts';
export { RedactionError, type RedactionErrorCode } from './errors.ts';
export {
  compileMasker,
  type Masker,
  type MaskerOptions,
  type MaskResult,
} from './masker.ts';
export * as names from './names/training.ts';
export { decryptDigits } from './operators/digits.ts';
export { decryptValue } from './operators/encrypt.ts';
export {
  openRestorer,
  type RestoreOptions,
  type RestoreStream,
  restoreText,
} from './placeholders/restore.ts';
export type { Finding, Span, Trial } from './span.ts';
export type { FindGiven } from './streams/given.ts';
export type { MaskStream, StreamOptions } from './streams/mask-stream.ts';
