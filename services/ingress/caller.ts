import type { IncomingHttpHeaders } from 'node:http';
import type { RequestContext } from '#contracts';
import { longestTimerMs } from './limits.ts';

type Client = RequestContext['client'];
type Family = Client['family'];

const text = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Which kind of client this is, by the headers its library sends. */
export function familyOf(headers: IncomingHttpHeaders): Family {
  const language = text(headers['x-stainless-lang'])?.toLowerCase();
  if (language === 'js') return 'node-sdk';
  if (language === 'python') return 'python-sdk';
  if (language === 'go') return 'go-sdk';
  const agent = text(headers['user-agent'])?.toLowerCase() ?? '';
  if (agent.startsWith('ollama-js')) return 'ollama-js';
  if (agent.startsWith('ollama-python') || agent.startsWith('python-httpx')) return 'python-sdk';
  if (/^(ai\/|ai-sdk|langchain|openai\/js|node|undici)/.test(agent)) return 'node-sdk';
  if (agent.startsWith('go-http-client')) return 'go-sdk';
  return 'unknown';
}

/** The client as it is recorded. */
export function clientOf(headers: IncomingHttpHeaders, address: string): Client {
  const agent = text(headers['user-agent'])?.slice(0, 256);
  return { family: familyOf(headers), address: address.slice(0, 64), ...(agent && { userAgent: agent }) };
}

/** How long each family waits in silence before it gives up (measured; docs/clients.md). Undefined: as long as it takes. */
const silentWaitMs: Record<Family, number | undefined> = {
  'node-sdk': 240_000,
  'ollama-js': 290_000,
  'python-sdk': 570_000,
  'go-sdk': 570_000,
  unknown: undefined,
};

/**
 * How long an unanswered call may stay silent, in ms: the family's patience, the caller's own
 * `x-sallyport-max-wait` (seconds), and the operator's ceiling for proxies that cut silent connections.
 */
export function patienceMs(headers: IncomingHttpHeaders, ceilingMs: number | undefined): number | undefined {
  const asked = Number(text(headers['x-sallyport-max-wait']) ?? Number.NaN);
  const own = Number.isFinite(asked) && asked > 0 ? asked * 1000 : silentWaitMs[familyOf(headers)];
  if (own === undefined && ceilingMs === undefined) return undefined;
  return Math.min(own ?? longestTimerMs, ceilingMs ?? longestTimerMs, longestTimerMs);
}

/** Request headers that the model's server gets; everything else, credentials above all, stays here. */
const forwarded = [
  ...['content-type', 'accept-language', 'openai-beta', 'anthropic-version', 'anthropic-beta'],
  ...['traceparent', 'tracestate'],
];

/** The allow-listed headers of a request. */
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of forwarded) {
    const value = text(headers[name]);
    if (value !== undefined) kept[name] = value.slice(0, 1024);
  }
  return kept;
}

/** `Prefer: respond-async[, wait=N]` (RFC 7240, §4.1 and §4.3). Undefined where the client waits as usual. */
export function respondAsync(headers: IncomingHttpHeaders): { waitMs: number } | undefined {
  const preferences = (text(headers.prefer) ?? '').split(',').map((part) => part.trim().toLowerCase());
  if (!preferences.includes('respond-async')) return undefined;
  const wait = preferences.find((part) => part.startsWith('wait='))?.slice('wait='.length);
  const seconds = Number(wait ?? 0);
  return { waitMs: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 300) * 1000 : 0 };
}
