import type { IncomingHttpHeaders } from 'node:http';

/** What a model server may hear from a caller. Credentials, cookies and addresses are never among it. */
const requestHeaderNames: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-type',
  'openai-beta',
  'anthropic-version',
  'anthropic-beta',
  'traceparent',
  'tracestate',
]);

/** What a caller may hear from a model server. */
const answerHeaderName =
  /^(?:retry-after(?:-ms)?|x-ratelimit-[a-z-]+|anthropic-ratelimit-[a-z-]+|openai-processing-ms|openai-version)$/;
/** Some clients sleep through any wait they are told, so none is passed on that is longer. */
const longestRetryAfterS = 30;
const longestHeaderValue = 256;
const mostAnswerHeaders = 32;

const plainPath = /^\/[\x21-\x7e]*$/;
const upwards = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The path of a request on the model server, below the base URL's own path; undefined where it could name another
 * place. A base URL that ends in `/v1`, as SDKs want it, is not followed by another `/v1`.
 */
export function targetPath(baseUrl: string, path: string): string | undefined {
  const [route = '', query] = splitQuery(path);
  if (!plainPath.test(path) || path.startsWith('//') || route.includes('\\') || upwards.test(route)) {
    return undefined;
  }
  const base = new URL(baseUrl).pathname.replace(/\/+$/, '');
  const below =
    base.endsWith('/v1') && (route === '/v1' || route.startsWith('/v1/')) ? route.slice(3) : route;
  return base + below + (query === undefined ? '' : `?${query}`);
}

function splitQuery(path: string): [string, string | undefined] {
  const mark = path.indexOf('?');
  return mark === -1 ? [path, undefined] : [path.slice(0, mark), path.slice(mark + 1)];
}

/** The headers of a call: the caller's allow-listed ones, and the gateway's own. */
export function requestHeaders(
  given: Readonly<Record<string, string>>,
  credential: readonly [name: string, value: string] | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in given) {
    const lower = name.toLowerCase();
    const value = given[name];
    if (value !== undefined && requestHeaderNames.has(lower)) headers[lower] = value;
  }
  // A compressed answer could not be masked.
  headers['accept-encoding'] = 'identity';
  if (credential) headers[credential[0].toLowerCase()] = credential[1];
  return headers;
}

/** The headers of an answer that the caller gets; undefined where there is none. */
export function answerHeaders(given: IncomingHttpHeaders): Record<string, string> | undefined {
  let headers: Record<string, string> | undefined;
  let taken = 0;
  for (const name in given) {
    const value = given[name];
    if (typeof value !== 'string' || value.length > longestHeaderValue) continue;
    if (!answerHeaderName.test(name)) continue;
    if (++taken > mostAnswerHeaders) break;
    const passed = name.startsWith('retry-after') ? shortWait(name, value) : value;
    if (passed === undefined) continue;
    headers ??= {};
    headers[name] = passed;
  }
  return headers;
}

/** A wait in seconds or milliseconds, cut to what clients can bear; a date (RFC 9110, §10.2.3) is left out. */
function shortWait(name: string, value: string): string | undefined {
  const wait = Number(value);
  if (!Number.isFinite(wait) || wait < 0 || value.trim() === '') return undefined;
  const longest = longestRetryAfterS * (name === 'retry-after-ms' ? 1000 : 1);
  return wait > longest ? String(longest) : value;
}
