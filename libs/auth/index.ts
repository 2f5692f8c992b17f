export * from './claims.ts';
export * from './gateway-keys.ts';
export * from './guard.ts';
export * from './passport-strategy.ts';
export * from './roles.ts';
export type { OpenSecret } from './tokens/introspection.ts';
export * from './tokens/token-verifier.ts';
