import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { compilePattern, type LinearPattern } from './patterns.ts';

/** What CEL expressions see. Built once per evaluation, and only where a rule has one. */
export interface CelContext {
  readonly user: {
    readonly kind: string;
    readonly issuer: string;
    readonly subject: string;
    readonly name: string;
    readonly email: string;
    readonly client: string;
    /** Whom a shared identity calls for; empty where it names nobody. */
    readonly person: string;
    readonly groups: readonly string[];
    readonly claims: Readonly<Record<string, unknown>>;
  };
  readonly request: {
    readonly model: string;
    readonly operation: string;
    readonly characters: bigint;
    readonly turns: bigint;
    readonly unreadable: readonly string[];
    readonly remoteUrls: readonly string[];
  };
  readonly connection: { readonly name: string; readonly upstreamModel: string };
  readonly now: Date;
}

/** What expressions of a response review see: the masked answer, never the prompt or the caller. */
export interface ReviewContext {
  readonly answer: { readonly characters: bigint };
  readonly connection: { readonly name: string; readonly upstreamModel: string };
  readonly now: Date;
}

/** A checked expression. Throws where it can't be evaluated, or gives something other than true or false. */
export type CelTest<Context = CelContext> = (context: Context) => boolean;

/** An expression that isn't accepted, with the offset of what is wrong. */
export class CelError extends Error {
  override readonly name = 'CelError';
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const patterns = new Map<string, LinearPattern>();
const patternLimit = 10_000;

/** `matches` would run on a backtracking engine; calls of it are written as calls of this. */
const linearMatches = 'matchesLinear';

function newEnvironment(): Environment {
  return new Environment({
    enableOptionalTypes: true,
    limits: { maxAstNodes: 500, maxDepth: 32, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 },
  })
    .registerVariable({ name: 'connection', schema: { name: 'string', upstreamModel: 'string' } })
    .registerVariable('now', 'google.protobuf.Timestamp')
    .registerFunction(`string.${linearMatches}(string): bool`, (text: string, source: string) =>
      linear(source).test(text),
    );
}

const requestEnvironment = newEnvironment()
  .registerVariable({
    name: 'user',
    schema: {
      kind: 'string',
      issuer: 'string',
      subject: 'string',
      name: 'string',
      email: 'string',
      client: 'string',
      person: 'string',
      groups: 'list<string>',
      claims: 'map<string, dyn>',
    },
  })
  .registerVariable({
    name: 'request',
    schema: {
      model: 'string',
      operation: 'string',
      characters: 'int',
      turns: 'int',
      unreadable: 'list<string>',
      remoteUrls: 'list<string>',
    },
  });

const reviewEnvironment = newEnvironment().registerVariable({
  name: 'answer',
  schema: { characters: 'int' },
});

function linear(source: string): LinearPattern {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  if (patterns.size >= patternLimit) patterns.clear();
  const compiled = compilePattern(source);
  patterns.set(source, compiled);
  return compiled;
}

/** Parses and type-checks a rule's expression, which must be true or false. Throws CelError. */
export function compileCel(expression: string): CelTest {
  return compileIn(requestEnvironment, expression);
}

/** The syntax tree of an expression that compiles. */
export function parseCel(expression: string): ASTNode {
  return requestEnvironment.parse(expression).ast;
}

/** The same for the expression of a response review. */
export function compileReviewCel(expression: string): CelTest<ReviewContext> {
  return compileIn(reviewEnvironment, expression);
}

function compileIn<Context extends object>(environment: Environment, expression: string): CelTest<Context> {
  const checked = environment.check(expression);
  if (!checked.valid) {
    const { error } = checked;
    throw new CelError(error?.summary ?? 'not a CEL expression', error?.range?.start ?? 0);
  }
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new CelError(`expected an expression that is true or false, found ${checked.type}`, 0);
  }
  const rewritten = withLinearMatches(expression, environment.parse(expression).ast);
  const program = environment.parse(rewritten);
  return (context) => {
    const value: unknown = program(context);
    if (typeof value !== 'boolean') throw new TypeError('the expression is neither true nor false');
    return value;
  };
}

/** Checks what bounds evaluation, and routes `matches` to the linear engine. */
function withLinearMatches(expression: string, root: ASTNode): string {
  const edits: number[] = [];
  visit(root, 0, (node) => {
    if (node.op === 'call' && node.args[0] === 'matches')
      throw refuse(node, 'expected text.matches("pattern")');
    if (node.op !== 'rcall') return;
    const [name, receiver, args] = node.args;
    if (name === linearMatches) throw refuse(node, `unknown function ${linearMatches}`);
    if (name === 'bind') throw refuse(node, 'cel.bind is not available');
    if (name !== 'matches') return;
    const pattern = args[0];
    if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
      throw refuse(node, 'expected a pattern written as a string, so that it can be checked');
    }
    checkPattern(pattern.args, pattern);
    edits.push(nameOffset(expression, receiver.range.end, node));
  });
  edits.sort((a, b) => b - a);
  return edits.reduce(
    (text, at) => text.slice(0, at) + linearMatches + text.slice(at + 'matches'.length),
    expression,
  );
}

function checkPattern(source: string, node: ASTNode): void {
  try {
    linear(source);
  } catch (error) {
    throw refuse(node, `expected an RE2 pattern: ${error instanceof Error ? error.message : ''}`);
  }
}

function nameOffset(expression: string, from: number, node: ASTNode): number {
  const call = /[)\s]*\.\s*(?=matches\b)/y;
  call.lastIndex = from;
  const found = call.exec(expression);
  if (found === null) throw refuse(node, 'expected text.matches("pattern")');
  return from + found[0].length;
}

function refuse(node: ASTNode, message: string): CelError {
  return new CelError(message, node.range.start);
}

const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** A loop in a loop visits pairs of groups; one more could visit a million triples. */
const loopDepthLimit = 2;

function visit(value: unknown, loopDepth: number, see: (node: ASTNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, loopDepth, see);
    return;
  }
  if (!isNode(value)) return;
  see(value);
  const loop = value.op === 'rcall' && loops.has(value.args[0]);
  if (loop && loopDepth === loopDepthLimit) throw refuse(value, 'expected at most a loop in a loop');
  visit(value.args, loopDepth + (loop ? 1 : 0), see);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
