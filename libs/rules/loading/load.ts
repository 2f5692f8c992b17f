import { PolicyDocument } from '#contracts';
import { compileTables } from '#redaction';
import { compilePolicy } from '../compiling/compile.ts';
import type { DocumentFault } from '../compiling/compile-rule.ts';
import type { CompiledPolicy } from '../compiling/policy.ts';
import { faultOf, type PrepareProfile, prepareProfiles, profilesToCompile } from '../prepare.ts';
import { schemaFaults } from './expected.ts';
import { type MergedSources, mergeSources } from './merge-sources.ts';
import type { DocumentPath, SourceFile, SourcePosition } from './source-map.ts';
import { type ConfigWarning, configWarnings } from './warnings.ts';

/** What is wrong with a document, for people and for editors. */
export interface DocumentIssue extends SourcePosition {
  /** JSON pointer (RFC 6901). */
  readonly path: string;
  /** The rule it is in. */
  readonly rule?: string;
  /** What is wrong and what was expected. */
  readonly message: string;
}

export interface LocatedWarning extends ConfigWarning, SourcePosition {}

export type LoadedPolicy =
  | {
      readonly kind: 'policy';
      readonly document: PolicyDocument;
      readonly policy: CompiledPolicy;
      readonly warnings: readonly LocatedWarning[];
    }
  | { readonly kind: 'issues'; readonly issues: readonly DocumentIssue[] };

const issueLimit = 100;

/**
 * Reads `sallyport.yaml`, or several files merged in name order, checks everything that can be checked without
 * running it, and compiles it.
 */
export function loadPolicy(source: string | readonly SourceFile[]): LoadedPolicy {
  const read = readDocument(source);
  if (read.kind === 'issues') return read;
  const faults: DocumentFault[] = [];
  for (const { path, profile } of profilesToCompile(read.document)) {
    try {
      compileTables(profile);
    } catch (error) {
      faults.push(faultOf(error, path));
    }
  }
  return compiledDocument(read, faults);
}

/** The same, where masking profiles with rules of their own are compiled elsewhere, so that nothing waits for them. */
export async function loadPolicyWith(
  prepare: PrepareProfile,
  source: string | readonly SourceFile[],
): Promise<LoadedPolicy> {
  const read = readDocument(source);
  return read.kind === 'issues'
    ? read
    : compiledDocument(read, await prepareProfiles(prepare, read.document));
}

type ReadDocument = {
  readonly kind: 'document';
  readonly document: PolicyDocument;
  readonly merged: MergedSources;
};

function readDocument(
  source: string | readonly SourceFile[],
): ReadDocument | Extract<LoadedPolicy, { kind: 'issues' }> {
  const files = typeof source === 'string' ? [{ name: 'sallyport.yaml', text: source }] : source;
  const merged = mergeSources(files);
  if (merged.faults.length > 0) {
    const issues = merged.faults.map(({ position, path, message }) => ({
      ...position,
      path: pointerOf(path),
      message,
    }));
    return { kind: 'issues', issues: issues.slice(0, issueLimit) };
  }
  const parsed = PolicyDocument.safeParse(merged.value ?? {});
  if (parsed.success) return { kind: 'document', document: parsed.data, merged };
  const issue = issueMaker(merged);
  const issues = schemaFaults(parsed.error.issues).map(({ path, key, message }) => issue(path, message, key));
  return { kind: 'issues', issues: inSourceOrder(issues) };
}

function compiledDocument(
  { document, merged }: ReadDocument,
  profileFaults: readonly DocumentFault[],
): LoadedPolicy {
  const issue = issueMaker(merged);
  const compiled =
    profileFaults.length > 0 ? { kind: 'faults' as const, faults: profileFaults } : compilePolicy(document);
  if (compiled.kind === 'faults') {
    return {
      kind: 'issues',
      issues: inSourceOrder(compiled.faults.map(({ path, message }) => issue(path, message))),
    };
  }
  const warnings = configWarnings(compiled.policy).map((warning) => ({
    ...warning,
    ...merged.position(warning.path),
  }));
  return { kind: 'policy', document, policy: compiled.policy, warnings };
}

function issueMaker(merged: MergedSources) {
  return (path: DocumentPath, message: string, key?: string): DocumentIssue => {
    const rule = ruleName(merged.value, path);
    return {
      ...merged.position(path, key),
      path: pointerOf(key === undefined ? path : [...path, key]),
      ...(rule !== undefined && { rule }),
      message,
    };
  };
}

function ruleName(value: unknown, [section, index]: DocumentPath): string | undefined {
  if (section !== 'rules' || typeof index !== 'number') return undefined;
  const rules = (value as { rules?: unknown }).rules;
  const name = Array.isArray(rules) ? (rules[index] as { name?: unknown } | null)?.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

function pointerOf(path: DocumentPath): string {
  return path.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

function inSourceOrder(issues: DocumentIssue[]): DocumentIssue[] {
  issues.sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column,
  );
  return issues.slice(0, issueLimit);
}

/** One line: `sallyport.yaml:12:5: rule "x": expected …`. */
export function formatIssue({ file, line, column, rule, message }: DocumentIssue): string {
  return `${file}:${line}:${column}: ${rule === undefined ? '' : `rule "${rule}": `}${message}`;
}
