import type { CompiledScope } from '../compiling/policy.ts';
import type { EvaluationInput } from './decision.ts';

/** What a scope looks at of a request: nothing of its text. */
export type ScopeInput = Pick<EvaluationInput, 'principal' | 'client' | 'model' | 'operation' | 'now'>;

/** What a rule's scope is compared with. */
export interface ScopeSubject<Input extends ScopeInput = EvaluationInput> {
  readonly input: Input;
  readonly connection: string;
  readonly upstreamModel: string | null;
}

/** Why a request is outside of a rule's scope; undefined where it is inside. */
export function scopeMismatch(
  scope: CompiledScope,
  { input, connection, upstreamModel }: ScopeSubject<ScopeInput>,
): string | undefined {
  const { principal } = input;
  if (scope.connections !== undefined && !scope.connections.has(connection)) return 'another connection';
  if (scope.groups !== undefined && !scope.groups.hasAny(principal.groups))
    return 'the caller is in none of its groups';
  if (scope.models !== undefined) {
    const named = input.model !== null && scope.models.has(input.model);
    if (!named && (upstreamModel === null || !scope.models.has(upstreamModel))) return 'another model';
  }
  if (scope.operations !== undefined && !scope.operations.has(input.operation)) return 'another operation';
  if (scope.users !== undefined && !scope.users.has(principal.subject)) return 'another user';
  if (scope.clients !== undefined) {
    const client = input.client ?? principal.client;
    if (client === undefined || !scope.clients.has(client)) return 'another client';
  }
  if (scope.times !== undefined && !scope.times.some((within) => within(input.now)))
    return 'outside of its hours';
  return undefined;
}
