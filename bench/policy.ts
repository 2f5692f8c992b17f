import { performance } from 'node:perf_hooks';
import { PolicyDocument } from '#contracts';
import { type CompiledPolicy, compilePolicy, type EvaluationInput, evaluate } from '#rules';
import { percentile } from './gateway/load.ts';
import { writeResult } from './results.ts';

const ruleCounts = [10, 100, 1000] as const;
const sizes = { '1 KB': 1024, '4 KB': 4096, '32 KB': 32 * 1024, '1 MB': 1024 * 1024 } as const;
const budgetMs = 1500;
const warmUps = 200;

interface Row {
  readonly rules: number;
  readonly size: string;
  readonly evaluations: number;
  readonly perSecond: number;
  /** CPU of this process in µs for one evaluation, so that a busy machine doesn't count. */
  readonly cpuUs: number;
  /** The evaluation that 1 % take more CPU than, in µs. */
  readonly cpuP99Us: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Of every ten rules: five with keywords, two with CEL, one with a pattern, two with neither. */
function ruleOf(i: number): Record<string, unknown> {
  const name = `rule-${i}`;
  const approval = { all: { leads: 1 } };
  const code = (i * 7919).toString(36);
  switch (i % 10) {
    case 0:
      return { name, effect: 'allow', match: { groups: ['staff', `team-${i}`] } };
    case 1:
      return { name, effect: 'deny', match: { groups: [`leavers-${i}`] } };
    case 2:
      return { name, effect: 'deny', when: `user.claims.level < 0 || "banned-${i}" in user.groups` };
    case 3:
      return { name, effect: 'hold', when: 'request.characters > 100000000', approval };
    case 4:
      return { name, effect: 'deny', prompt: { patterns: [`\\bPROJ${i}-[0-9]{4,6}\\b`] } };
    default:
      return {
        name,
        effect: 'hold',
        prompt: { keywords: [`codename ${code}`, `project ${code} plan`, `x${code}y`] },
        approval,
      };
  }
}

function policyOf(count: number): CompiledPolicy {
  const compiled = compilePolicy(
    PolicyDocument.parse({
      version: 1,
      identity: { issuers: [{ issuer: 'http://127.0.0.1:1', audience: 'bench' }] },
      connections: { demo: { baseUrl: 'http://127.0.0.1:2', models: ['demo'] } },
      approvals: { groups: { leads: { claim: 'leads' } } },
      rules: Array.from({ length: count }, (_, i) => ruleOf(i)),
    }),
  );
  if (compiled.kind === 'faults') throw new Error(JSON.stringify(compiled.faults));
  return compiled.policy;
}

const prose =
  'Please summarise the notes of Tuesday: the new build server is up (see https://ci.example.com/job/42?run=7), ' +
  'two people are still waiting for access, and "getElementById" fails in 3 of 17 cases. What should we do next? ';

function inputOf(size: number): EvaluationInput {
  const text = prose.repeat(Math.ceil(size / prose.length)).slice(0, size);
  return {
    principal: {
      kind: 'person',
      issuer: 'http://127.0.0.1:1',
      subject: 'x',
      groups: ['staff', 'emea', 'berlin'],
    },
    claims: { level: 3 },
    model: 'demo',
    operation: 'chat.completions',
    texts: [
      { pointer: '/model', text: 'demo', turn: 0 },
      { pointer: '/messages/0/role', text: 'user', turn: 1 },
      { pointer: '/messages/0/content', text, turn: 1 },
    ],
    unreadable: [],
    remoteUrls: [],
    now: 1_767_600_000_000,
  };
}

function measure(policy: CompiledPolicy, rules: number, size: string, input: EvaluationInput): Row {
  const warmUntil = performance.now() + budgetMs / 3;
  for (let i = 0; i < warmUps && performance.now() < warmUntil; i++) evaluate(policy, input);
  const times: number[] = [];
  const cpuTimes: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  while (performance.now() - start < budgetMs || times.length < 5) {
    const [before, cpuBefore] = [performance.now(), process.cpuUsage()];
    const { effect } = evaluate(policy, input);
    const { user, system } = process.cpuUsage(cpuBefore);
    times.push(performance.now() - before);
    cpuTimes.push(user + system);
    if (effect !== 'allow') throw new Error(`expected the bench's prompt to be allowed, it was ${effect}`);
  }
  const elapsedMs = performance.now() - start;
  const used = process.cpuUsage(cpu);
  const at = (share: number) => percentile(times, share);
  return {
    rules,
    size,
    evaluations: times.length,
    perSecond: Math.round((times.length / elapsedMs) * 1000),
    cpuUs: (used.user + used.system) / times.length,
    cpuP99Us: percentile(cpuTimes, 0.99),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** `npm run bench -- policy [--json]`: evaluations a second and p99 by number of rules and size of the prompt. */
export async function benchPolicy(args: readonly string[]): Promise<void> {
  const rows: Row[] = [];
  for (const count of ruleCounts) {
    const policy = policyOf(count);
    for (const [size, bytes] of Object.entries(sizes))
      rows.push(measure(policy, count, size, inputOf(bytes)));
  }
  if (args.includes('--json')) console.log(JSON.stringify(rows));
  else {
    console.log('rules   prompt   evaluations/s      CPU µs  p99 CPU µs    p50 ms    p99 ms');
    for (const { rules, size, perSecond, cpuUs, cpuP99Us, p50Ms, p99Ms } of rows) {
      const cells = [
        String(rules).padEnd(6),
        size.padStart(6),
        String(perSecond).padStart(15),
        cpuUs.toFixed(1).padStart(10),
        cpuP99Us.toFixed(0).padStart(10),
      ];
      console.log([...cells, p50Ms.toFixed(3).padStart(8), p99Ms.toFixed(3).padStart(8)].join('  '));
    }
  }
  await writeResult('policy', { rows });
}
