export { fetchDebianPackages } from './debian/packages.ts';
export { type LocalToken, requestLocalToken } from './identity/client.ts';
export * from './identity/provider.ts';
export { PASSWORDS_FILE, TOKEN_SECRET_FILE } from './identity/state.ts';
export { SEEDED_USERS, SERVICE_ACCOUNTS, type SeededUser } from './identity/users.ts';
export { DEMO_MODEL } from './model/chat.ts';
export * from './model/model.ts';
export { ensureModel } from './model/runtime.ts';
export { ensureNats, findNats, type NatsBinary, type NatsBinaryOptions } from './nats/binary.ts';
export * from './nats/nats.ts';
export { defaultRuntimeDir, packageRoot } from './paths.ts';
export * from './postgres/postgres.ts';
export * from './postgres/roles.ts';
export * from './problem.ts';
export { withFileLock } from './processes/file-lock.ts';
export * from './processes/ports.ts';
export { reasonIn } from './processes/process-log.ts';
export * from './processes/processes.ts';
export { programArguments, serviceNodeOptions } from './processes/programs.ts';
export { changeLedgerKey, ensureSecrets, NATS_PASSWORD_FILE, type Secrets } from './secrets.ts';
export {
  DATABASE,
  databaseRoles,
  type ServiceSurroundings,
  serviceEnvironment,
} from './service-environment.ts';
