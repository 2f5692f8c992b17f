import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { isGatewayKey, TokenExpiredError, TokenVerifier, type VerifiedKey, type VerifiedToken } from '#auth';
import { ActiveConfig } from '#boot';
import type { PolicyDocument } from '#contracts';
import { GatewayKeys } from './keys/gateway-keys.ts';
import { personBehind } from './person.ts';

/** Who calls: by a token, or by a gateway key, which reaches only its own connections. */
export type Caller = Pick<VerifiedToken, 'principal' | 'claims'> & {
  key?: VerifiedKey;
  /** Several people share the identity, and nobody knows who of them calls. */
  isAnybody: boolean;
};

/** Tells who calls, whatever credential it is by, and for whom where an identity is shared. */
@Injectable()
export class Callers {
  private shared: PolicyDocument['ingress']['sharedIdentities'] = [];

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly keys: GatewayKeys,
    config: ActiveConfig,
  ) {
    config.onChange(({ document }) => {
      this.shared = document.ingress.sharedIdentities;
    });
  }

  /** Throws `token.*` or `key.*` codes where nobody is let in. */
  async authenticate(headers: IncomingHttpHeaders): Promise<Caller> {
    const { authorization, 'x-api-key': apiKey } = headers;
    const credential = authorization ?? (typeof apiKey === 'string' ? `Bearer ${apiKey}` : undefined);
    const sent = /^bearer (.*)$/i.exec(credential ?? '')?.[1] ?? '';
    if (!isGatewayKey(sent)) return this.byToken(credential, headers);
    const key = this.keys.verify(sent, Date.now());
    return { principal: key.principal, claims: {}, key, isAnybody: false };
  }

  private async byToken(credential: string | undefined, headers: IncomingHttpHeaders): Promise<Caller> {
    try {
      return this.behind(await this.verifier.authenticate(credential), headers);
    } catch (error) {
      if (!(error instanceof TokenExpiredError)) throw error;
      throw new TokenExpiredError(this.behind({ principal: error.principal, claims: {} }, headers).principal);
    }
  }

  private behind(
    { principal, claims }: Pick<VerifiedToken, 'principal' | 'claims'>,
    headers: IncomingHttpHeaders,
  ): Caller {
    const behind = personBehind(principal, headers, claims, this.shared);
    switch (behind.kind) {
      case 'caller':
        return { principal, claims, isAnybody: false };
      case 'unknown':
        return { principal, claims, isAnybody: true };
      case 'person':
        return { principal: { ...principal, person: behind.name }, claims, isAnybody: false };
      default:
        return behind satisfies never;
    }
  }
}
