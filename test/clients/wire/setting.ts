import type { Asked, Script } from '../scripted-upstream.ts';
import { type Spoken, spoken } from './spoken.ts';

/** Every call is allowed, but for words that are forbidden, held, or held for a second only. */
export const policy = (issuer: string, url: string): string =>
  JSON.stringify({
    version: 1,
    roles: { approver: ['security'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    ingress: { keepAlive: '100ms' },
    connections: {
      demo: {
        ...{ baseUrl: url, models: ['demo'], concurrency: 64 },
        protocols: [
          ...['openai-chat', 'openai-completions', 'openai-embeddings', 'openai-responses'],
          ...['anthropic', 'ollama'],
        ],
      },
      texts: { baseUrl: url, protocols: ['http'], http: { streamed: ['/token/text'] } },
      lines: {
        ...{ baseUrl: `${url}/lines`, protocols: ['http'] },
        http: { streamed: ['/text'], framing: 'ndjson' },
      },
    },
    rules: [
      { name: 'everybody', effect: 'allow' },
      { name: 'forbidden', effect: 'deny', prompt: { keywords: ['forbidden'] } },
      {
        name: 'held',
        effect: 'hold',
        prompt: { keywords: ['password'] },
        approval: { all: { security: 1 } },
      },
      {
        ...{ name: 'shortly', effect: 'hold', prompt: { keywords: ['shortly'] } },
        approval: { all: { security: 1 }, expiresIn: '1s' },
      },
    ],
    approvals: { groups: { security: { claim: 'security' } }, maxPendingPerPrincipal: 500 },
  });

/** The model's server's answer to a call, as `spoken` has it. */
export function answerOf({ path, body }: Asked): Script {
  const of = spoken.find(({ upstreamPath }) => upstreamPath === path) as Spoken;
  const { stream } = JSON.parse(Buffer.from(body).toString()) as { stream?: boolean };
  const isStream = of.stream !== undefined && (stream ?? path.startsWith('/api/'));
  if (isStream && of.stream)
    return { headers: { 'content-type': of.stream.type }, pieces: [of.stream.bytes] };
  return { headers: { 'content-type': 'application/json' }, pieces: [of.whole] };
}
