import type { HeldEntry, PolicyDocument } from '#contracts';
import { httpProtocolOf, protocols, type Wire } from '#protocols';

/** How an answer looks to the client that asked: as its protocol says, or the connection of a server that has its own. */
export function wireOf(
  { protocol: name }: Pick<HeldEntry, 'protocol'>,
  connection: string | undefined,
  connections: PolicyDocument['connections'],
): Wire {
  if (name === 'http' && connection !== undefined && Object.hasOwn(connections, connection)) {
    return httpProtocolOf(connections[connection]?.http).wire;
  }
  const protocol = protocols.find((each) => each.name === name) ?? protocols[0]!;
  return protocol.wire;
}
