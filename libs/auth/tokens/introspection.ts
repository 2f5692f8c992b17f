import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { durationMs, type Introspection, type Issuer } from '#contracts';
import { readJson } from './read-json.ts';

/** Gives the secret behind a reference, e.g. `${env:NAME}`. */
export type OpenSecret = (reference: string) => Promise<string>;

/** RFC 7662, §2.2. What else an answer has is kept: groups, names. */
const Answer = z.looseObject({ active: z.boolean() });
const ActiveAnswer = z.looseObject({
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  sub: z.string().min(1).optional(),
  client_id: z.string().min(1).optional(),
  username: z.string().optional(),
  token_type: z.string().optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
});
type ActiveAnswer = z.infer<typeof ActiveAnswer>;

/** Questions at the same time; more are not asked, so that made-up tokens can't overrun the provider. */
const maxAsking = 64;
const maxRefused = 10_000;
const refusedForMs = 5000;

/** Too many unknown tokens at the same time: nothing is known of this one. */
export class IntrospectionBusyError extends Error {
  override readonly name = 'IntrospectionBusyError';
}

/** Asks one issuer's introspection endpoint about tokens: one question for each at a time, refusals kept for 5 s. */
export class Introspector {
  readonly cacheForMs: number;
  private readonly asking = new Map<string, Promise<JWTPayload | undefined>>();
  private readonly refused = new Map<string, number>();

  constructor(
    private readonly issuer: Issuer,
    readonly settings: Introspection,
    private readonly openSecret: OpenSecret,
  ) {
    this.cacheForMs = durationMs(settings.cacheFor);
  }

  /**
   * What the provider says of a token; undefined where it is not one that this gateway takes. Throws where the provider
   * can't be asked: then nothing is accepted. `key` stands for the token, e.g. its digest.
   */
  ask(token: string, key: string, nowMs: number): Promise<JWTPayload | undefined> {
    const refusedUntil = this.refused.get(key);
    if (refusedUntil !== undefined && refusedUntil > nowMs) return Promise.resolve(undefined);
    const running = this.asking.get(key);
    if (running) return running;
    if (this.asking.size >= maxAsking) return Promise.reject(new IntrospectionBusyError());
    const question = this.question(token, nowMs)
      .then((claims) => {
        if (claims === undefined) this.refuse(key, nowMs);
        return claims;
      })
      .finally(() => this.asking.delete(key));
    this.asking.set(key, question);
    return question;
  }

  private refuse(key: string, nowMs: number): void {
    if (this.refused.size >= maxRefused) this.refused.clear();
    this.refused.set(key, nowMs + refusedForMs);
  }

  private async question(token: string, nowMs: number): Promise<JWTPayload | undefined> {
    const { url, clientId, secret } = this.settings;
    const answer: unknown = await readJson(url, {
      method: 'POST',
      headers: { accept: 'application/json', authorization: basic(clientId, await this.openSecret(secret)) },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    });
    if (!Answer.parse(answer).active) return undefined;
    const active = ActiveAnswer.parse(answer);
    return isUsable(active, this.issuer, nowMs / 1000) ? claimsOf(active, this.issuer) : undefined;
  }
}

/** An active bearer access token, of this issuer, for this gateway; not a refresh token, nor one bound to a key. */
function isUsable(answer: ActiveAnswer, issuer: Issuer, nowSeconds: number): boolean {
  const { iss, exp, nbf, token_type: type, sub, client_id: client, username } = answer;
  if (iss !== undefined && iss !== issuer.issuer) return false;
  if (type !== undefined && !/^(bearer|access_token)$/i.test(type)) return false;
  if ('cnf' in answer || (exp !== undefined && exp <= nowSeconds)) return false;
  if (nbf !== undefined && nbf > nowSeconds + 5) return false;
  // Without a subject it is the client's own token; a person whose subject isn't told is nobody.
  if (sub === undefined && (client === undefined || username !== undefined)) return false;
  if (answer.aud !== undefined) {
    const own = [issuer.audience].flat();
    return [answer.aud].flat().some((value) => own.includes(value));
  }
  return type !== undefined && client !== undefined && (issuer.introspection?.clients ?? []).includes(client);
}

function claimsOf(answer: ActiveAnswer, issuer: Issuer): JWTPayload {
  const { active: _, ...claims } = answer as Record<string, unknown>;
  return { ...claims, iss: issuer.issuer, sub: answer.sub ?? answer.client_id } as JWTPayload;
}

/** RFC 6749, §2.3.1: both parts are form-encoded first. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((part) => encodeURIComponent(part).replaceAll('%20', '+')).join(':');
  return `Basic ${Buffer.from(encoded).toString('base64')}`;
}
