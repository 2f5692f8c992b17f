/** `npm run bench -- NAME [options]`: one bench by name. */
const benches: Record<string, () => Promise<(args: readonly string[]) => Promise<void>>> = {
  gateway: async () => (await import('./gateway/index.ts')).benchGateway,
  policy: async () => (await import('./policy.ts')).benchPolicy,
  parked: async () => (await import('./parked/index.ts')).benchParked,
  simulate: async () => (await import('./simulate/index.ts')).benchSimulate,
  activate: async () => (await import('./activate/index.ts')).benchActivate,
  revoke: async () => (await import('./revoke/index.ts')).benchRevoke,
  approval: async () => (await import('./approval/index.ts')).benchApproval,
  audit: async () => (await import('./audit/index.ts')).benchAudit,
  masking: async () => (await import('./masking/index.ts')).benchMasking,
};

const [name = '', ...args] = process.argv.slice(2);
const find = benches[name];
if (!find) {
  console.error(`npm run bench -- NAME, where NAME is one of ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
await (await find())(args);
