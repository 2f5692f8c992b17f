import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import type { IdentityProvider } from '#embedded';

/** Access tokens for the seeded people, and the ones a gateway has to refuse. */
export interface Tokens {
  /** As a login would give it. */
  of(user: string): Promise<string>;
  expired(user: string): Promise<string>;
  /** Signed with another key under the provider's key id. */
  forged(user: string): Promise<string>;
  /** `alg: none`, RFC 7519 section 6. */
  unsigned(user: string): Promise<string>;
  wrongAudience(user: string): Promise<string>;
  wrongIssuer(user: string): Promise<string>;
  /** HS256 with the provider's public key as secret: the classic confusion of algorithms. */
  confused(user: string): Promise<string>;
}

export function tokensOf(idp: IdentityProvider): Tokens {
  const kid = idp.state.signingKey.kid as string;
  const claims = async (user: string) => decodeJwt(await idp.mint({ user }));
  return {
    of: (user) => idp.mint({ user }),
    expired: (user) => idp.mint({ user, expiresInSeconds: -120 }),
    wrongAudience: (user) => idp.mint({ user, audience: 'somebody-else' }),
    wrongIssuer: (user) => idp.mint({ user, issuer: 'https://issuer.invalid' }),
    unsigned: async (user) => new UnsecuredJWT(await claims(user)).encode(),
    forged: async (user) => {
      const { privateKey } = await generateKeyPair('ES256');
      return new SignJWT(await claims(user))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .sign(privateKey);
    },
    confused: async (user) => {
      const { d: _private, ...publicKey } = await exportJWK(
        await importJWK(idp.state.signingKey, 'ES256', { extractable: true }),
      );
      const secret = Buffer.from(JSON.stringify(publicKey));
      return new SignJWT(await claims(user))
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
        .sign(secret);
    },
  };
}
