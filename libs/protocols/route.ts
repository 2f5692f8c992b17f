/** What a client asks for. One word for the same thing in every protocol. */
export type Operation =
  | 'chat.completions'
  | 'completions'
  | 'embeddings'
  | 'responses.create'
  | 'responses.get'
  | 'responses.cancel'
  | 'responses.delete'
  | 'messages'
  | 'messages.count_tokens'
  | 'generate'
  | 'models.list'
  | 'models.get'
  | 'http';

/** The client protocols Sallyport speaks. */
export type ProtocolName =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'openai-responses'
  | 'anthropic'
  | 'ollama'
  | 'http';

/** An HTTP route of a protocol. */
export interface Route {
  readonly protocol: ProtocolName;
  readonly operation: Operation;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Segments in braces are parameters; a last segment `{name...}` takes the rest of the path. */
  readonly path: string;
  /** Only for requests that carry this header (lower case): two protocols share the path. */
  readonly header?: string;
  /** Only behind `/c/{connection}`. */
  readonly needsConnection?: boolean;
  /** Who answers: the model's server, or the gateway from what it knows itself. */
  readonly answeredBy: 'model' | 'gateway';
}

/** A route and the parameters of the path, decoded. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  /** Connection named by a leading `/c/{connection}`. */
  readonly connection: string | undefined;
}

const connectionPrefix = /^\/c\/([a-z0-9-]{1,40})(?=\/)/;

/** Request headers by lower-case name. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first of `routes` that fits; undefined if none does. `path` is without its query. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
  headers: Headers = {},
): RouteMatch | undefined {
  const prefix = connectionPrefix.exec(path);
  const rest = prefix === null ? path : path.slice(prefix[0].length);
  const segments = rest.split('/');
  for (const route of routes) {
    if (route.method !== method || (route.header !== undefined && headers[route.header] === undefined))
      continue;
    if (route.needsConnection === true && prefix === null) continue;
    const params = matchPath(partsOf(route), segments);
    if (params !== undefined) return { route, params, connection: prefix?.[1] };
  }
  return undefined;
}

const splitPaths = new WeakMap<Route, readonly string[]>();

/** A route's path in segments; every request is held against several. */
function partsOf(route: Route): readonly string[] {
  const known = splitPaths.get(route);
  if (known) return known;
  const parts = route.path.split('/');
  splitPaths.set(route, parts);
  return parts;
}

function matchPath(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (let index = 0; index < pattern.length; index++) {
    const part = pattern[index] as string;
    const given = segments[index];
    if (given === undefined) return undefined;
    if (part.endsWith('...}')) {
      const rest = decode(segments.slice(index).join('/'));
      return rest === undefined || rest === '' ? undefined : { ...params, [part.slice(1, -4)]: rest };
    }
    if (part.startsWith('{')) {
      const value = decode(given);
      if (value === undefined || value === '') return undefined;
      params[part.slice(1, -1)] = value;
    } else if (part !== given) return undefined;
  }
  return pattern.length === segments.length ? params : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
