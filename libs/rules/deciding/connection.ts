import type { Connection, ErrorCode } from '#contracts';
import { fitsGlob } from '../glob.ts';

/** What a caller named: a model, and perhaps a connection in the path or a header. */
export interface ConnectionChoice {
  readonly model: string | null;
  readonly path?: string | undefined;
  readonly header?: string | undefined;
  /** The client protocol; connections that don't serve it don't count. */
  readonly protocol?: string | undefined;
}

export type ResolvedConnection =
  | { readonly kind: 'resolved'; readonly connection: string; readonly upstreamModel: string | null }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly reason: string;
      readonly connection: string | null;
    };

/** Names of connections and their settings, in name order. */
export type ConnectionTable = ReadonlyMap<string, Connection>;

/**
 * The connection and the server's own model name for a request. A connection named in the path counts before one
 * in a header; without either, the first in name order that lists the model exactly, then by pattern.
 */
export function resolveConnection(
  policy: { readonly connections: ConnectionTable },
  { model, path, header, protocol }: ConnectionChoice,
): ResolvedConnection {
  const named = path ?? header;
  if (named !== undefined) return resolveNamed(policy.connections, named, model, protocol);
  if (model === null) return resolveOnly(policy.connections, protocol);
  let disabled: string | undefined;
  for (const listed of [upstreamListed, upstreamByGlob]) {
    for (const [name, connection] of policy.connections) {
      const upstream = listed(connection, model);
      if (upstream === undefined || !serves(connection, protocol)) continue;
      if (connection.enabled) return { kind: 'resolved', connection: name, upstreamModel: upstream };
      disabled ??= name;
    }
  }
  return disabled === undefined ? notListed(model, null) : switchedOff(disabled);
}

function resolveNamed(
  connections: ConnectionTable,
  name: string,
  model: string | null,
  protocol: string | undefined,
): ResolvedConnection {
  const connection = connections.get(name);
  if (connection === undefined) {
    const reason = 'The connection that the request names does not exist.';
    return { kind: 'refused', code: 'policy.model_not_listed', reason, connection: null };
  }
  if (!connection.enabled) return switchedOff(name);
  if (!serves(connection, protocol)) {
    const reason = `The connection "${name}" does not serve ${protocol}.`;
    return { kind: 'refused', code: 'policy.model_not_listed', reason, connection: name };
  }
  if (model === null) return { kind: 'resolved', connection: name, upstreamModel: null };
  const upstream = upstreamListed(connection, model) ?? upstreamByGlob(connection, model);
  if (upstream === undefined) return notListed(model, name);
  return { kind: 'resolved', connection: name, upstreamModel: upstream };
}

/** Without a model and a name only a policy with one enabled connection leaves no doubt. */
function resolveOnly(connections: ConnectionTable, protocol: string | undefined): ResolvedConnection {
  const enabled = [...connections].filter(
    ([, connection]) => connection.enabled && serves(connection, protocol),
  );
  const only = enabled.length === 1 ? enabled[0] : undefined;
  if (only === undefined) {
    const reason = 'The request names neither a model nor a connection.';
    return { kind: 'refused', code: 'policy.model_not_listed', reason, connection: null };
  }
  return { kind: 'resolved', connection: only[0], upstreamModel: null };
}

function serves({ protocols }: Connection, protocol: string | undefined): boolean {
  return protocol === undefined || (protocols as readonly string[]).includes(protocol);
}

function upstreamListed(connection: Connection, model: string): string | undefined {
  const aliases = connection.aliases;
  if (aliases !== undefined && Object.hasOwn(aliases, model)) return aliases[model];
  return connection.models?.includes(model) && !model.includes('*') ? model : undefined;
}

function upstreamByGlob(connection: Connection, model: string): string | undefined {
  return connection.models?.some((glob) => glob.includes('*') && fitsGlob(glob, model)) ? model : undefined;
}

function notListed(model: string, connection: string | null): ResolvedConnection {
  const shown = model.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  return {
    kind: 'refused',
    code: 'policy.model_not_listed',
    reason: `No connection lists the model "${shown}".`,
    connection,
  };
}

function switchedOff(connection: string): ResolvedConnection {
  const reason = `The connection "${connection}" is disabled.`;
  return { kind: 'refused', code: 'policy.connection_disabled', reason, connection };
}
