import type { ASTNode } from '@marcbachmann/cel-js';
import type { PolicyDocument } from '#contracts';
import { parseCel } from './cel.ts';

/** The token claims that a document's expressions look at: their names, or all, where an expression may look at any. */
export type ClaimNames = readonly string[] | 'all';

/** Finds the claims that conditions of rules name, so that no other claim has to travel with a request. */
export function claimNames({ rules }: Pick<PolicyDocument, 'rules'>): ClaimNames {
  const names = new Set<string>();
  for (const { when, unless } of rules) {
    for (const expression of [when, unless]) {
      if (expression === undefined) continue;
      const isAny = collect(parseCel(expression), names) === 'any';
      if (isAny) return 'all';
    }
  }
  return [...names].sort();
}

type Found = 'any' | undefined;

function collect(value: unknown, names: Set<string>): Found {
  if (Array.isArray(value)) {
    for (const item of value) if (collect(item, names) === 'any') return 'any';
    return undefined;
  }
  if (!isNode(value)) return undefined;
  if (isClaims(value)) return 'any';
  const name = claimOf(value);
  if (name !== undefined) {
    names.add(name);
    return undefined;
  }
  if (member(value)?.of.op === 'id' && isUser(member(value)?.of)) return undefined;
  return isUser(value) ? 'any' : collect(value.args, names);
}

/** The claim that a node reads, written as `user.claims.x`, `user.claims["x"]` or `"x" in user.claims`. */
function claimOf(node: ASTNode): string | undefined {
  if (node.op === 'in') {
    const [key, map] = node.args as [unknown, unknown];
    return isClaims(map) ? constantOf(key) : undefined;
  }
  const found = member(node);
  return found && isClaims(found.of) ? found.name : undefined;
}

const accesses = new Set(['.', '.?', '[]', '[?]']);

function member(node: ASTNode): { of: ASTNode; name: string } | undefined {
  if (!accesses.has(node.op)) return undefined;
  const [of, key] = node.args as [ASTNode, unknown];
  const name = typeof key === 'string' ? key : constantOf(key);
  return name === undefined ? undefined : { of, name };
}

function constantOf(value: unknown): string | undefined {
  return isNode(value) && value.op === 'value' && typeof value.args === 'string' ? value.args : undefined;
}

function isClaims(value: unknown): boolean {
  const found = isNode(value) ? member(value) : undefined;
  return found !== undefined && found.name === 'claims' && isUser(found.of);
}

function isUser(value: unknown): boolean {
  return isNode(value) && value.op === 'id' && value.args === 'user';
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
