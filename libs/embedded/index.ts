export { withFileLock } from './file-lock.ts';
export * from './nats.ts';
export { ensureNats, findNats, type NatsBinary, type NatsBinaryOptions } from './nats-binary.ts';
export { defaultRuntimeDir, packageRoot } from './paths.ts';
export * from './ports.ts';
export * from './postgres.ts';
export * from './postgres-roles.ts';
export * from './problem.ts';
export * from './processes.ts';
