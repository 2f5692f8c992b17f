import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Credential } from '#contracts';
import { CredentialError } from './credential-error.ts';

type ClientCredentials = Extract<Credential, { kind: 'oauth2' }>;
type OpenSecret = (reference: string, nowMs: number) => Promise<string>;

/** RFC 6749, §5.1. */
const TokenAnswer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().max(1e9).optional(),
});

interface Kept {
  readonly token: string;
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

interface Slot {
  kept: Kept | undefined;
  asking: Promise<Kept> | undefined;
  /** Not asked again before, so that a provider in trouble is left alone. */
  notBeforeMs: number;
}

const timeoutMs = 5000;
const maxAnswerBytes = 64 * 1024;
const usualLifeSeconds = 300;
/** A token that is nearly over may expire on its way. */
const marginMs = 5000;
const pauseAfterFailureMs = 1000;

/**
 * Access tokens of model servers by client credentials (RFC 6749, §4.4): one question for each credential at a time, a new
 * token in the background after four fifths of the old one's life, which goes on being used until then.
 */
export class AccessTokens {
  private readonly slots = new Map<string, Slot>();

  constructor(private readonly openSecret: OpenSecret) {}

  /** A token that is good now. Throws `CredentialError` where none can be had. */
  async get(credential: ClientCredentials, nowMs: number): Promise<string> {
    const slot = this.slotOf(credential);
    const { kept } = slot;
    if (kept && nowMs < kept.renewAtMs) return kept.token;
    const isUsable = kept !== undefined && nowMs < kept.expiresAtMs - marginMs;
    if (nowMs < slot.notBeforeMs) {
      if (isUsable) return kept.token;
      throw new CredentialError(`${credential.tokenUrl} gave no token`);
    }
    const asking = this.renew(slot, credential, nowMs);
    if (!isUsable) return (await asking).token;
    asking.catch(() => undefined);
    return kept.token;
  }

  /** A server refused the token. */
  forget(credential: ClientCredentials): void {
    this.slotOf(credential).kept = undefined;
  }

  private slotOf(credential: ClientCredentials): Slot {
    const key = JSON.stringify(credential);
    const slot = this.slots.get(key) ?? { kept: undefined, asking: undefined, notBeforeMs: 0 };
    this.slots.set(key, slot);
    return slot;
  }

  private renew(slot: Slot, credential: ClientCredentials, nowMs: number): Promise<Kept> {
    slot.asking ??= this.ask(credential, nowMs)
      .then((kept) => {
        slot.kept = kept;
        return kept;
      })
      .catch((cause: unknown) => {
        slot.notBeforeMs = nowMs + pauseAfterFailureMs;
        if (cause instanceof CredentialError) throw cause;
        throw new CredentialError(`${credential.tokenUrl} gave no token`, { cause });
      })
      .finally(() => {
        slot.asking = undefined;
      });
    return slot.asking;
  }

  private async ask(credential: ClientCredentials, nowMs: number): Promise<Kept> {
    const { tokenUrl, clientId, scope, audience, clientAuth, ca } = credential;
    const secret = await this.openSecret(credential.secret, nowMs);
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scope !== undefined) form.set('scope', scope);
    if (audience !== undefined) {
      form.set('audience', audience);
      form.set('resource', audience);
    }
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    if (clientAuth === 'basic') headers.authorization = basic(clientId, secret);
    else {
      form.set('client_id', clientId);
      form.set('client_secret', secret);
    }
    const trusted = ca === undefined ? {} : { ca: await this.openSecret(ca, nowMs) };
    const dispatcher = new Agent({
      connect: { timeout: timeoutMs, ...trusted },
      ...{ headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxResponseSize: maxAnswerBytes },
    });
    try {
      const { statusCode, body } = await request(tokenUrl, {
        ...{ method: 'POST', headers, body: form.toString(), dispatcher },
        signal: AbortSignal.timeout(2 * timeoutMs),
      });
      if (statusCode !== 200) {
        await body.dump();
        throw new CredentialError(`${tokenUrl} answered ${statusCode}`);
      }
      return keptOf(TokenAnswer.parse(await body.json()), nowMs);
    } finally {
      void dispatcher.close().catch(() => undefined);
    }
  }
}

function keptOf(answer: z.infer<typeof TokenAnswer>, nowMs: number): Kept {
  const lifeMs = (answer.expires_in ?? usualLifeSeconds) * 1000;
  return { token: answer.access_token, renewAtMs: nowMs + lifeMs * 0.8, expiresAtMs: nowMs + lifeMs };
}

/** RFC 6749, §2.3.1: both parts are form-encoded first. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((part) => encodeURIComponent(part).replaceAll('%20', '+')).join(':');
  return `Basic ${Buffer.from(encoded).toString('base64')}`;
}
