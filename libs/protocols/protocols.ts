import { anthropic } from './anthropic/index.ts';
import { http } from './http/index.ts';
import { ollama } from './ollama/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiCompletions } from './openai-completions/index.ts';
import { openaiEmbeddings } from './openai-embeddings/index.ts';
import { openaiResponses } from './openai-responses/index.ts';
import type { Protocol } from './protocol.ts';
import { type Headers, matchRoute, type ProtocolName, type Route, type RouteMatch } from './route.ts';

/** The client protocols, in the order routes are looked up. */
export const protocols: readonly Protocol[] = [
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
  anthropic,
  ollama,
  http,
];

/** A route with the protocol it belongs to. */
export interface FoundRoute extends RouteMatch {
  readonly protocol: Protocol;
}

// Routes that ask for a header are narrower than those that share their path.
const routes: readonly Route[] = protocols
  .flatMap((protocol) => protocol.routes)
  .sort((a, b) => Number(b.header !== undefined) - Number(a.header !== undefined));

/**
 * The route for a request; undefined if no protocol has it. `path` is without its query; `/c/{connection}` may
 * lead. `headers` (lower-case names) tell protocols apart that share a path.
 */
export function findRoute(method: string, path: string, headers?: Headers): FoundRoute | undefined {
  const match = matchRoute(routes, method, path, headers);
  return match === undefined ? undefined : { ...match, protocol: protocolOf(match.route.protocol) };
}

/** The protocol of that name. */
export function protocolOf(name: ProtocolName): Protocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found === undefined) throw new Error(`no protocol ${name}`);
  return found;
}
