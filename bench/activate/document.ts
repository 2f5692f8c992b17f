/** A document of so many rules that lets everybody use the model; `nth` makes it another one. JSON is YAML. */
export function documentOf(issuer: string, upstream: string, rules: number, nth: number): string {
  const approval = { all: { security: 1 } };
  const others = Array.from({ length: rules - 1 }, (_, i) => {
    const name = `rule-${i}`;
    const code = `${(i * 7919).toString(36)}q${nth}`;
    if (i % 3 === 0)
      return { name, effect: 'deny', prompt: { patterns: [`\\bPROJ${i}-${nth}-[0-9]{4,6}\\b`] } };
    if (i % 3 === 1) return { name, effect: 'deny', when: `"banned-${i}-${nth}" in user.groups` };
    return {
      name,
      effect: 'hold',
      prompt: { keywords: [`codename ${code}`, `project ${code} plan`] },
      approval,
    };
  });
  return JSON.stringify({
    version: 1,
    roles: { admin: ['admin'], 'policy-author': ['admin'], approver: ['security'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: { demo: { baseUrl: upstream, models: ['demo'], concurrency: 64 } },
    rules: [{ name: 'company', effect: 'allow', mask: { answer: 'standard' } }, ...others],
    masking: { profiles: { standard: { packs: ['core', 'secrets'] } } },
    approvals: { groups: { security: { claim: 'security' } } },
  });
}
