import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CodedError } from '#contracts';
import { ApprovalSettings } from '../../config.ts';
import { readCookies, readLong, writeLong } from './cookies.ts';
import { formToken, isFormToken, seal, unseal } from './seal.ts';

export const Session = z.object({
  /** Names this browser's session; form tokens are made from it. */
  id: z.string(),
  /** The identity provider's token, verified anew at every use. */
  token: z.string(),
  /** Who logged in, so that the same person keeps the session's id (and open forms) over a new login. */
  who: z.string(),
  issuer: z.string(),
});
/** A login as the browser carries it, encrypted. The token in it may have expired. */
export type Session = z.infer<typeof Session>;

/** A login counts for so long at most, however long the provider's tokens last. */
const maxSessionMs = 12 * 3_600_000;

/** Keeps a person's login in an encrypted cookie: nothing of it is stored here, and every replica can read it. */
@Injectable()
export class Sessions {
  private readonly secure: boolean;
  private readonly origin: string;
  private readonly name: string;

  constructor(private readonly settings: ApprovalSettings) {
    const { protocol, origin } = new URL(settings.publicUrl);
    this.secure = protocol === 'https:';
    this.origin = origin;
    // The prefix makes browsers insist on Secure, Path=/ and no Domain.
    this.name = this.secure ? '__Host-sallyport_session' : 'sallyport_session';
  }

  /** The login a request carries; undefined where there is none or it is over. */
  async of(request: FastifyRequest): Promise<Session | undefined> {
    const sealed = readLong(readCookies(request.headers.cookie), this.name);
    if (sealed === '') return undefined;
    const found = Session.safeParse(await unseal(this.settings.pageKeys, 'session', sealed, Date.now()));
    return found.success ? found.data : undefined;
  }

  /**
   * `Set-Cookie` lines for a new login. The same person in the same browser keeps their session's id. Throws
   * `token.invalid` for a token that no cookie can hold.
   */
  async open(login: Omit<Session, 'id'>, before: Session | undefined): Promise<string[]> {
    const same = before !== undefined && before.who === login.who && before.issuer === login.issuer;
    const session: Session = { ...login, id: same ? before.id : randomBytes(18).toString('base64url') };
    const sealed = await seal(this.settings.pageKeys, 'session', session, Date.now() + maxSessionMs);
    const lines = writeLong(this.name, sealed, this.rule);
    if (lines) return lines;
    const size = `${Math.ceil(login.token.length / 1024)} KiB`;
    throw new CodedError(
      'token.invalid',
      `The token of your provider is ${size} long, too long for a browser session. Let it carry fewer groups.`,
    );
  }

  /** `Set-Cookie` lines that end a login. */
  close(): string[] {
    return writeLong(this.name, '', this.rule) ?? [];
  }

  formToken({ id }: Session): string {
    return formToken(this.settings.pageKeys, id);
  }

  /**
   * Refuses a form that this session's pages did not make: sent from another site, or with no or another session's
   * token. Throws `access.forbidden`.
   */
  checkForm(request: FastifyRequest, session: Session | undefined, given: string | undefined): void {
    const { origin, 'sec-fetch-site': site } = request.headers;
    const foreign =
      (origin !== undefined && origin !== this.origin) || (site !== undefined && site !== 'same-origin');
    const known = session !== undefined && isFormToken(this.settings.pageKeys, session.id, given ?? '');
    if (!foreign && known) return;
    throw new CodedError(
      'access.forbidden',
      'This form was not sent from a page of yours here, so nothing was done. Open the page again and repeat it.',
    );
  }

  private get rule() {
    return { secure: this.secure, path: '/', maxAgeSeconds: maxSessionMs / 1000 };
  }
}
