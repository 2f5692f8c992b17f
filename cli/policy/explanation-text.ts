import type { Explanation } from '#rules';

/** An explanation for people: the decision, a line for each rule, what matched, and who has to decide. */
export function explanationText({ decision, rules }: Explanation): string {
  const width = Math.max(4, ...rules.map(({ rule }) => rule.length));
  const lines = rules.map(
    ({ rule, outcome, because }) => `  ${rule.padEnd(width)}  ${outcome.padEnd(11)}  ${because}`,
  );
  const matches = decision.rules.flatMap((rule) =>
    rule.matches.map(({ rule: name, pointer, start, end, condition, decodedAs }) => {
      const as = decodedAs === undefined ? '' : `, decoded as ${decodedAs}`;
      return `  ${name}: ${condition} at ${pointer} ${start}–${end}${as}`;
    }),
  );
  const where = decision.connection === null ? '' : ` on ${decision.connection}`;
  return [
    `${decision.effect}${where}${decision.code === undefined ? '' : ` (${decision.code})`}: ${decision.reasons.join(' ')}`,
    '',
    ...lines,
    ...(matches.length > 0 ? ['', 'matches', ...matches] : []),
    ...(decision.requirement === undefined ? [] : ['', `waits for ${requirementText(decision.requirement)}`]),
  ].join('\n');
}

function requirementText({ mode, groups }: NonNullable<Explanation['decision']['requirement']>): string {
  return groups.map(({ group, quorum }) => `${quorum} of ${group}`).join(mode === 'all' ? ' and ' : ' or ');
}
