import { anthropic } from './anthropic/index.ts';
import { ollama } from './ollama/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { findRoute, protocols } from './protocols.ts';
import type { Headers } from './route.ts';
import type { Wire } from './wire/wire.ts';

/** Parts of the vendors' interfaces that are not served, by what their paths begin with. */
const unserved: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/messages\/batches/, 'Message batches are'],
  [/^\/v1\/(files|uploads)\b/, 'Files are'],
  [/^\/v1\/batches\b/, 'Batches are'],
  [/^\/v1\/audio\b/, 'Audio is'],
  [/^\/v1\/(images|videos)\b/, 'Making images and videos is'],
  [/^\/v1\/moderations\b/, 'Moderations are'],
  [/^\/v1\/(fine_tuning|fine-tunes)\b/, 'Fine-tuning is'],
  [/^\/v1\/(assistants|threads|chatkit)\b/, 'Assistants and threads are'],
  [/^\/v1\/vector_stores\b/, 'Vector stores are'],
  [/^\/v1\/conversations\b/, 'Conversations are'],
  [/^\/v1\/realtime\b/, 'The Realtime API is'],
  [/^\/v1\/(evals|containers|skills|organization)\b/, 'This part of the interface is'],
  [/^\/v1\/complete$/, 'Text completions in the old form of Anthropic are'],
  [/^\/api\/(pull|push|create|copy|delete|show|ps|version|blobs)\b/, 'Managing models is'],
];

/** How the gateway talks to a caller at a path that no protocol has: as the client that it most likely is would read it. */
export function wireAt(path: string, headers: Headers = {}): Wire {
  if (path.startsWith('/api/')) return ollama.wire;
  const isAnthropic = path.startsWith('/v1/messages') || headers['anthropic-version'] !== undefined;
  return isAnthropic ? anthropic.wire : openaiChat.wire;
}

/** Says why there is nothing at a path, and what there is instead. `path` without its query. */
export function noRouteText(method: string, path: string, headers: Headers = {}): string {
  if (String(headers.upgrade ?? '').toLowerCase() === 'websocket') {
    return 'WebSockets, and with them the Realtime API, are not served here. Send HTTP requests.';
  }
  const meant = [path, ...spellings(path)].find((each) => methodsAt(each, headers).length > 0);
  if (meant === path) {
    if (method === 'OPTIONS') return 'Pages of other origins (CORS) are not served here. Call from a server.';
    return `This path takes ${methodsAt(path, headers).join(' or ')}, not ${method}.`;
  }
  if (meant !== undefined) return `There is nothing at this path. Did you mean ${meant}?`;
  const what = unserved.find(([pattern]) => pattern.test(path))?.[1];
  if (what !== undefined) return `${what} not served here: no rule could look at what is in it.`;
  return `There is no ${method} route at this path.`;
}

/** Paths that clients with another base URL would mean. */
function spellings(path: string): string[] {
  const plain = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return [plain, `/v1${plain}`, plain.replace(/^\/v1\/v1\//, '/v1/'), plain.replace(/^\/v1\/api\//, '/api/')];
}

/** The methods that some protocol has at a path. A server with a protocol of its own has any path. */
function methodsAt(path: string, headers: Headers): string[] {
  return ['GET', 'POST', 'DELETE'].filter((method) => {
    const found = findRoute(method, path, headers);
    return found !== undefined && found.protocol.name !== 'http';
  });
}

/** Where clients call that take a base URL without `/v1`. */
export const pathsWithoutVersion: readonly string[] = [
  ...new Set(
    protocols
      .flatMap(({ routes }) => routes)
      .map(({ path }) => path)
      .filter((path) => /^\/v1\/[a-z/_]+$/.test(path))
      .map((path) => path.slice('/v1'.length)),
  ),
];
