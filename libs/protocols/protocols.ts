import { openaiChat } from './openai-chat/index.ts';
import type { Protocol } from './protocol.ts';
import { matchRoute, type ProtocolName, type RouteMatch } from './route.ts';

/** The client protocols, in the order routes are looked up. */
export const protocols: readonly Protocol[] = [openaiChat];

/** A route with the protocol it belongs to. */
export interface FoundRoute extends RouteMatch {
  readonly protocol: Protocol;
}

/** The route for a request; undefined if no protocol has it. `path` is without its query; `/c/{connection}` may lead. */
export function findRoute(method: string, path: string): FoundRoute | undefined {
  for (const protocol of protocols) {
    const match = matchRoute(protocol.routes, method, path);
    if (match !== undefined) return { ...match, protocol };
  }
  return undefined;
}

/** The protocol of that name. */
export function protocolOf(name: ProtocolName): Protocol | undefined {
  return protocols.find((protocol) => protocol.name === name);
}
