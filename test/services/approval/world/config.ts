/** What a test says of `sallyport.yaml` beyond issuer and model. */
export interface ApprovalConfig {
  rules?: object[];
  approvals?: object;
  masking?: object;
  /** Connections besides `demo`. */
  connections?: (upstream: string) => object;
}

/** The configuration of the world's gateway. */
export const yaml = (issuer: string, upstream: string, config: ApprovalConfig): string =>
  JSON.stringify({
    version: 1,
    roles: { admin: ['admin'], approver: ['security', 'platform', 'contractors'], auditor: ['admin'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: {
      demo: { baseUrl: upstream, models: ['demo'] },
      ...config.connections?.(upstream),
    },
    ...(config.masking && { masking: config.masking }),
    rules: config.rules ?? [
      { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
      {
        name: 'secrets',
        prompt: { keywords: ['password'] },
        effect: 'hold',
        approval: { all: { security: 1 }, expiresIn: '1h' },
      },
      {
        name: 'machines',
        prompt: { keywords: ['mainframe'] },
        effect: 'hold',
        approval: { any: { platform: 1, leads: 1 } },
      },
      { name: 'never', prompt: { keywords: ['plutonium'] }, effect: 'deny' },
    ],
    approvals: {
      groups: {
        security: { claim: 'security' },
        platform: { claim: 'platform' },
        leads: { members: ['bob'] },
      },
      maxPendingPerPrincipal: 10_000,
      ...config.approvals,
    },
  });
