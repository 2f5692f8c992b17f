export { fetchDebianPackages } from './debian-packages.ts';
export { withFileLock } from './file-lock.ts';
export { type LocalToken, requestLocalToken } from './identity-client.ts';
export * from './identity-provider.ts';
export { PASSWORDS_FILE, TOKEN_SECRET_FILE } from './identity-state.ts';
export { SEEDED_USERS, SERVICE_ACCOUNTS, type SeededUser } from './identity-users.ts';
export * from './model.ts';
export { DEMO_MODEL } from './model-chat.ts';
export { ensureModel } from './model-runtime.ts';
export * from './nats.ts';
export { ensureNats, findNats, type NatsBinary, type NatsBinaryOptions } from './nats-binary.ts';
export { defaultRuntimeDir, packageRoot } from './paths.ts';
export * from './ports.ts';
export * from './postgres.ts';
export * from './postgres-roles.ts';
export * from './problem.ts';
export { reasonIn } from './process-log.ts';
export * from './processes.ts';
export { programArguments, serviceNodeOptions } from './programs.ts';
export { ensureSecrets, NATS_PASSWORD_FILE, type Secrets } from './secrets.ts';
export {
  DATABASE,
  databaseRoles,
  type ServiceSurroundings,
  serviceEnvironment,
} from './service-environment.ts';
