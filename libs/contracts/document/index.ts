export * from './approvals.ts';
export * from './connections.ts';
export * from './gateway-keys.ts';
export * from './identity.ts';
export * from './notifications.ts';
export * from './policy-document.ts';
export * from './rules.ts';
export {
  ByteSize,
  Duration,
  durationMs,
  Rate,
  rateOf,
  SecretReference,
  secretReferenceOf,
  sizeBytes,
} from './scalars.ts';
export { Sink } from './sinks.ts';
