import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { TokenVerifier, type VerifiedToken } from './tokens/token-verifier.ts';

type Done = (error: unknown, value?: unknown) => void;

/** passport-jwt's own seam for another verifier (its README: "Allow for injection of JWT Verifier"). */
const seam = Strategy as unknown as {
  JwtVerifier: (token: string, verifier: TokenVerifier, options: object, done: Done) => void;
};
seam.JwtVerifier = (token, verifier, _options, done) => {
  verifier.verify(token).then(
    (verified) => done(null, verified),
    (error) => done(error),
  );
};

/** Authenticates Nest's routes with the same verifier that guards the hot route. */
@Injectable()
export class TokenStrategy extends PassportStrategy(Strategy, 'sallyport') {
  constructor(verifier: TokenVerifier) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // Not a key: what the seam above gets in its place.
      secretOrKeyProvider: (_request, _token, done) => done(null, verifier as unknown as string),
    });
  }

  validate(verified: VerifiedToken): VerifiedToken {
    return verified;
  }
}
