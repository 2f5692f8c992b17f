import type { Command } from 'commander';
import { formatIssue } from '#rules';
import { jsonText, say } from '../terminal.ts';
import { registerRevisions } from './config-revisions.ts';
import { type ReadPolicy, readPolicy } from './read-policy.ts';

const exitCodes = { fine: 0, unusable: 2 } as const;

/**
 * Adds `config check|diff|apply|log|rollback`. Exit code 0: done, perhaps with warnings; 1: refused; 2: the document
 * is not usable, with file, line and column, and nothing was changed.
 */
export function registerConfig(program: Command): void {
  const config = program.command('config').description('the document that decides');
  config
    .command('check')
    .argument('[path]', 'a file, or a folder whose YAML files are merged in name order', 'sallyport.yaml')
    .description('say everything that is wrong with a policy, without applying it')
    .option('--json', 'print the result as JSON')
    .action(async (path: string, flags: { json?: boolean }) => {
      const { code, text } = report(await readPolicy(path), path, flags.json ?? false);
      say(text);
      process.exitCode = code;
    });
  registerRevisions(config);
}

function report(read: ReadPolicy, path: string, json: boolean): { code: number; text: string } {
  if (read.kind === 'unreadable') {
    const text = json ? jsonText({ valid: false, error: read.message }) : read.message;
    return { code: exitCodes.unusable, text };
  }
  if (read.kind === 'issues') {
    const text = json
      ? jsonText({ valid: false, issues: read.issues }, 2)
      : [
          ...read.issues.map(formatIssue),
          `${path}: ${count(read.issues.length, 'problem')}; nothing was changed`,
        ].join('\n');
    return { code: exitCodes.unusable, text };
  }
  const { document, policy, warnings } = read;
  const connections = Object.keys(document.connections).length;
  const summary = { rules: document.rules.length, connections, digest: policy.digest };
  const lines = warnings.map(
    ({ file, line, column, message }) => `${file}:${line}:${column}: warning: ${message}`,
  );
  const last = `${path}: usable, ${count(summary.rules, 'rule')}, ${count(connections, 'connection')}, ${count(warnings.length, 'warning')}`;
  const text = json ? jsonText({ valid: true, ...summary, warnings }, 2) : [...lines, last].join('\n');
  return { code: exitCodes.fine, text };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
