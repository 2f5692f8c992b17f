export * from './change-decision.ts';
export * from './envelope-encryption.ts';
export * from './key-encryption-key.ts';
export * from './key-source.ts';
export * from './random-pool.ts';
export * from './release-signing.ts';
export * from './sealer.ts';
export * from './subject-names.ts';
export { destroyKeys, type RotationStep, rotateKeys } from './wrapped-keys.ts';
