/** Everybody may ask `demo`; a prompt with the word `password` waits for somebody of `security`. */
export const holdingPolicy = (issuer: string, upstream: string): string => `
version: 1
roles: { approver: [security], admin: [admin] }
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
ingress: { maxOpenRequests: 100000 }
connections: { demo: { baseUrl: "${upstream}", models: [demo], concurrency: 64 } }
rules:
  - { name: all, match: { connections: [demo] }, effect: allow }
  - name: sensitive-words
    prompt: { keywords: [password] }
    effect: hold
    approval: { all: { security: 1 } }
approvals: { groups: { security: { claim: security } }, maxPendingPerPrincipal: 10000 }
`;
