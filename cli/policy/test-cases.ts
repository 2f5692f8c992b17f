import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type CaseResult, formatIssue, loadPolicy, PolicyCases, runCase } from '#rules';
import { type ReadPolicy, readPolicy } from './read-policy.ts';

/** What became of one file of cases. */
export interface SuiteResult {
  readonly file: string;
  readonly results: readonly CaseResult[];
  /** Rules of the policy that applied in no case. */
  readonly untested: readonly string[];
}

export type Tested =
  | { readonly kind: 'tested'; readonly suites: readonly SuiteResult[] }
  | { readonly kind: 'unusable'; readonly message: string };

/** Runs the cases of every YAML file in a folder, or of one file. */
export async function testCases(path: string, policyPath: string | undefined): Promise<Tested> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const names = isFolder
      ? (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort()
      : [basename(path)];
    const folder = isFolder ? path : dirname(path);
    if (names.length === 0) return { kind: 'unusable', message: `${path}: no YAML files` };
    const suites: SuiteResult[] = [];
    for (const name of names) suites.push(await testFile(folder, name, policyPath));
    return { kind: 'tested', suites };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { kind: 'unusable', message: `${path}: no such file` };
    return { kind: 'unusable', message: error instanceof Error ? error.message : String(error) };
  }
}

async function testFile(folder: string, name: string, policyPath: string | undefined): Promise<SuiteResult> {
  const parsed = PolicyCases.safeParse(parse(await readFile(join(folder, name), 'utf8')));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${join(folder, name)}: /${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'not a file of cases'}`,
    );
  }
  const { policy, cases } = parsed.data;
  const read = await policyOf(policyPath ?? policy, folder, policyPath !== undefined);
  if (read.kind !== 'policy') {
    throw new Error(
      read.kind === 'unreadable'
        ? read.message
        : `${join(folder, name)}: its policy:\n${read.issues.map(formatIssue).join('\n')}`,
    );
  }
  const results = cases.map((one) => runCase(read.policy, one));
  const reached = new Set(results.flatMap(({ rules }) => rules));
  const untested = read.policy.rules.map((rule) => rule.name).filter((rule) => !reached.has(rule));
  return { file: name, results, untested };
}

const placeholderIdentity = { issuers: [{ issuer: 'http://127.0.0.1:8085', audience: 'sallyport' }] };

async function policyOf(
  policy: PolicyCases['policy'],
  folder: string,
  absolute: boolean,
): Promise<ReadPolicy> {
  if (typeof policy === 'string') return readPolicy(absolute ? policy : join(folder, policy));
  return loadPolicy(stringify({ version: 1, identity: placeholderIdentity, ...policy }));
}

/** The results in JUnit's XML, as CI systems read it. */
export function junit(suites: readonly SuiteResult[]): string {
  const parts = suites.map(({ file, results }) => {
    const failures = results.filter(({ differences }) => differences.length > 0).length;
    const cases = results.map(({ name, differences }) => {
      const open = `    <testcase classname="${xml(file)}" name="${xml(name)}"`;
      if (differences.length === 0) return `${open}/>`;
      const failure = `      <failure message="${xml(differences[0]!)}">${xml(differences.join('\n'))}</failure>`;
      return `${open}>\n${failure}\n    </testcase>`;
    });
    const head = `  <testsuite name="${xml(file)}" tests="${results.length}" failures="${failures}">`;
    return [head, ...cases, '  </testsuite>'].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...parts, '</testsuites>', ''].join('\n');
}

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (c) => entities[c]!).replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '?');
}
