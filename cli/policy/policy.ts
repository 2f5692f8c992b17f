import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { RequestId } from '#contracts';
import { explain } from '#rules';
import { jsonText, say } from '../terminal.ts';
import { errorJson } from '../unusable.ts';
import { explanationText } from './explanation-text.ts';
import { inputFromFile, type RequestFlags } from './input.ts';
import { faultsOf, faultsText, readPolicy } from './read-policy.ts';
import { type RecordedFlags, withRecorded } from './recorded.ts';
import { explainRecorded, registerRecord } from './recorded-requests.ts';
import { registerSimulate } from './simulate.ts';
import { junit, type SuiteResult, testCases } from './test-cases.ts';

const exitCodes = { fine: 0, failed: 1, unusable: 2 } as const;
const collect = (value: string, values: string[]) => [...values, value];

interface ExplainFlags extends RequestFlags {
  policy: string;
  json?: boolean;
}

interface TestFlags {
  policy?: string;
  junit?: string;
  json?: boolean;
}

/** Adds `policy explain|test|record|simulate`. */
export function registerPolicy(program: Command): void {
  const policy = program.command('policy').description('what the rules say, tried out');
  withRecorded(
    policy
      .command('explain')
      .argument('<what>', 'a request body as a client sends it, a case with given:, or a recorded request id')
      .description('every rule, whether it applies to a request, and why'),
  )
    .option('--policy <path>', 'the policy', 'sallyport.yaml')
    .option('--user <subject>', 'who asks', 'someone')
    .option('--group <group>', 'a group of theirs; may be repeated', collect, [])
    .option('--client <id>', 'their OAuth client')
    .option('--path <path>', 'the path that the body is sent to', '/v1/chat/completions')
    .option('--at <time>', 'when, in ISO 8601 (default: now)')
    .action(async (what: string, flags: ExplainFlags & RecordedFlags) => {
      if (RequestId.safeParse(what).success) await explainRecorded(what, flags);
      else process.exitCode = await explainFile(what, flags, say);
    });
  registerRecord(policy);
  registerSimulate(policy);
  policy
    .command('test')
    .argument('<dir>', 'a folder of cases, or one file')
    .description('check that the policy says what its cases want')
    .option('--policy <path>', "test this policy instead of the cases' own")
    .option('--junit <file>', 'write a JUnit report')
    .option('--json', 'print the results as JSON')
    .action(async (dir: string, flags: TestFlags) => {
      process.exitCode = await testFolder(dir, flags, say);
    });
}

/** Explains one request; gives the exit code: 0, or 2 where policy or request can't be read. */
export async function explainFile(
  file: string,
  flags: ExplainFlags,
  out: (text: string) => void,
): Promise<number> {
  const refuse = (code: string, message: string, details?: object): number => {
    out(flags.json ? errorJson(code, message, details) : message);
    return exitCodes.unusable;
  };
  const read = await readPolicy(flags.policy);
  if (read.kind !== 'policy') return refuse('config.invalid', faultsText(read), faultsOf(read));
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const input = text === undefined ? `${file}: no such file` : inputFromFile(text, flags, Date.now());
  if (typeof input === 'string') return refuse('request.invalid', input);
  const explanation = explain(read.policy, input);
  out(flags.json ? jsonText(explanation, 2) : explanationText(explanation));
  return exitCodes.fine;
}

/** Runs all cases; gives the exit code: 0, 1 where one doesn't hold, 2 where something can't be read. */
export async function testFolder(
  dir: string,
  flags: TestFlags,
  out: (text: string) => void,
): Promise<number> {
  const tested = await testCases(dir, flags.policy);
  if (tested.kind === 'unusable') {
    out(flags.json ? errorJson('cases.unusable', tested.message) : tested.message);
    return exitCodes.unusable;
  }
  const { suites } = tested;
  if (flags.junit !== undefined) await writeFile(flags.junit, junit(suites));
  out(flags.json ? jsonText({ suites }, 2) : resultsText(suites));
  return suites.some(({ results }) => results.some(failed)) ? exitCodes.failed : exitCodes.fine;
}

function failed({ differences }: { readonly differences: readonly string[] }): boolean {
  return differences.length > 0;
}

function resultsText(suites: readonly SuiteResult[]): string {
  const lines: string[] = [];
  for (const { file, results, untested } of suites) {
    const bad = results.filter(failed);
    lines.push(`${file}: ${results.length - bad.length} of ${results.length} cases hold`);
    for (const { name, differences } of bad)
      lines.push(`  ✗ ${name}`, ...differences.map((line) => `      ${line}`));
    if (untested.length > 0) lines.push(`  rules that no case reaches: ${untested.join(', ')}`);
  }
  return lines.join('\n');
}
