export * from './claims.ts';
export * from './gateway-keys.ts';
export * from './guard.ts';
export type { OpenSecret } from './introspection.ts';
export * from './passport-strategy.ts';
export * from './roles.ts';
export * from './token-verifier.ts';
