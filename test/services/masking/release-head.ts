import { createHash } from 'node:crypto';
import type { Obligations, ReleaseTerms, RequestReleased, RunEntry } from '#contracts';

/** What a test says of a release; by rule, of a short chat, unless said. */
export interface ReleaseOptions {
  connection?: string;
  body?: unknown;
  text?: string;
  stream?: boolean;
  obligations?: Obligations;
  by?: 'rule' | 'people';
  gate?: ReleaseTerms['gate'];
  version?: number;
  notAfter?: number;
  upstreamModel?: string | null;
  destination?: string;
  requestId?: string;
  /** Changes a release after it was signed. */
  tamper?: (head: RequestReleased) => RequestReleased;
  /** Sealed instead of the body that was signed for. */
  otherBody?: string;
  more?: Partial<RequestReleased>;
  /** For people's releases: what approval wrote to `runs`; `none` leaves it out. */
  run?: Partial<RunEntry> | 'none';
  user?: string;
  /** Runs after the body was sealed. */
  beforePublish?: () => Promise<void>;
}

interface Released {
  requestId: string;
  /** The body in clear. */
  clear: Uint8Array;
  signers: Readonly<Record<'rule' | 'people', { sign(terms: ReleaseTerms): RequestReleased['signature'] }>>;
  subjectKey: string;
}

/** A release as policy or approval writes it. */
export function headOf(
  { requestId, clear, signers, subjectKey }: Released,
  options: ReleaseOptions,
): RequestReleased {
  const by = options.by ?? 'rule';
  const now = Date.now();
  const body = options.body as { model?: string } | undefined;
  const terms: ReleaseTerms = {
    requestId,
    version: options.version ?? 1,
    gate: options.gate ?? 'prompt',
    digest: createHash('sha256').update(clear).digest('hex'),
    connection: options.connection ?? 'local',
    upstreamModel: options.upstreamModel === undefined ? 'm' : options.upstreamModel,
    operation: 'chat.completions',
    obligations: options.obligations ?? {},
    notAfter: options.notAfter ?? now + 60_000,
  };
  return {
    terms,
    signature: signers[by].sign(terms),
    body: { digest: terms.digest, bytes: clear.length, location: { in: 'tail' } },
    subjectKey,
    protocol: 'openai-chat',
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    destination: options.destination ?? (by === 'rule' ? 'ingress-1' : 'parked'),
    stream: options.stream ?? false,
    model: body?.model ?? 'm',
    rules: ['r'],
    revision: 'r1',
    receivedAt: now,
    decidedAt: now,
    ...options.more,
  };
}
