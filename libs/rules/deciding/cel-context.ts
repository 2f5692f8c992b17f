import type { CelContext } from '../compiling/cel.ts';
import type { ScopeSubject } from './scope.ts';

const listedLimit = 200;

/** What CEL sees of a request, put together when the first rule asks. */
export function lazyContext({ input, connection, upstreamModel }: ScopeSubject): () => CelContext {
  let context: CelContext | undefined;
  return () => {
    context ??= {
      user: {
        kind: input.principal.kind,
        issuer: input.principal.issuer,
        subject: input.principal.subject,
        name: input.principal.name ?? '',
        email: input.principal.email ?? '',
        client: input.client ?? input.principal.client ?? '',
        person: input.principal.person ?? '',
        groups: input.principal.groups,
        claims: input.claims ?? {},
      },
      request: {
        model: input.model ?? '',
        operation: input.operation,
        characters: BigInt(input.texts.reduce((sum, { text }) => sum + text.length, 0)),
        turns: BigInt(input.texts.reduce((most, { turn }) => Math.max(most, turn), 0)),
        unreadable: input.unreadable.slice(0, listedLimit).map(({ kind }) => kind),
        remoteUrls: input.remoteUrls.slice(0, listedLimit).map(({ url }) => url),
      },
      connection: { name: connection, upstreamModel: upstreamModel ?? '' },
      now: new Date(input.now),
    };
    return context;
  };
}
