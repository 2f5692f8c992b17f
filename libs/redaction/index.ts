export { RedactionError, type RedactionErrorCode } from './errors.ts';
export {
  compileMasker,
  type Masker,
  type MaskerOptions,
  type MaskResult,
  type MaskStream,
} from './masker.ts';
export type { Finding, Span, Trial } from './span.ts';
