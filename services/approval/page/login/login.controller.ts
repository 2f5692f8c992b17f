import { Controller, Get, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Public } from '#auth';
import { CodedError } from '#contracts';
import { ApprovalSettings } from '../../config.ts';
import { fieldsOf } from '../desk-forms.ts';
import { PageErrors } from '../page-errors.ts';
import { pagePaths, safePath } from '../paths.ts';
import { sendOn, sendPage } from '../reply.ts';
import { html } from '../views/html.ts';
import { messagePage } from '../views/layout.ts';
import { readCookies, writeCookie } from './cookies.ts';
import { Login, type LoginAttempt } from './login.ts';
import { seal, unseal } from './seal.ts';
import { Sessions } from './session.ts';

const Attempt = z.object({
  issuer: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  to: z.string(),
});
const attemptMs = 10 * 60_000;
/** Tabs that log in at once each have a cookie of their own; more than this and the older ones are dropped. */
const maxAttempts = 6;
const attemptName = (state: string): string => `sallyport_login_${state.slice(0, 12)}`;

/** Logging in at an identity provider, and out again. */
@ApiExcludeController()
@Public()
@UseFilters(PageErrors)
@Controller()
export class LoginController {
  constructor(
    private readonly login: Login,
    private readonly sessions: Sessions,
    private readonly settings: ApprovalSettings,
  ) {}

  /** Sends the browser to the provider; asks which one, where there are several. */
  @Get('login')
  async begin(
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const to = safePath(query.to);
    const elsewhere = this.publicAddress(request, query, to);
    if (elsewhere !== undefined) return sendOn(reply, elsewhere);
    const issuers = this.login.issuers();
    const [only, ...others] = issuers;
    if (only === undefined) return sendPage(reply, nobodyKnown, 503);
    const chosen = typeof query.issuer === 'string' ? query.issuer : undefined;
    if (chosen === undefined && others.length > 0) return sendPage(reply, choice(issuers, to));
    const { url, attempt } = await this.login.begin(chosen ?? only, to);
    sendOn(reply, url, [...this.dropOld(request), await this.remember(attempt)]);
  }

  /** Where the provider sends the browser back to. */
  @Get('login/return')
  async finish(
    @Query('state') state: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const name = attemptName(typeof state === 'string' ? state : '');
    const sealed = readCookies(request.headers.cookie).get(name) ?? '';
    const attempt = Attempt.safeParse(await unseal(this.settings.pageKeys, 'login', sealed, Date.now()));
    if (!attempt.success) {
      throw new CodedError(
        'request.invalid',
        'This login was not begun here, or took too long. Begin it again.',
      );
    }
    const query = request.url.slice(request.url.indexOf('?'));
    const { token, issuer, principal } = await this.login.finish(attempt.data, query);
    const before = await this.sessions.of(request);
    const cookies = await this.sessions.open({ token, issuer, who: principal.subject }, before);
    sendOn(reply, attempt.data.to, [...cookies, this.forget(name)]);
  }

  @Get('login/done')
  done(@Res() reply: FastifyReply): void {
    const body = html`<p>Close this tab, and send what you typed from the other one.</p>`;
    sendPage(reply, messagePage({ title: 'You are logged in', body }));
  }

  /** Ends the session here, and leads to where the provider's own can be ended. */
  @Post('logout')
  async end(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const session = await this.sessions.of(request);
    this.sessions.checkForm(request, session, fieldsOf(request.body).csrf);
    const provider = session && (await this.login.endSessionUrl(session.issuer));
    reply.header('set-cookie', this.sessions.close());
    sendPage(reply, loggedOut(provider));
  }

  @Get('logout')
  ended(@Res() reply: FastifyReply): void {
    sendPage(reply, loggedOut(undefined));
  }

  /** Cookies belong to a host: a login that begins under another name of this service would not find its way back. */
  private publicAddress(
    request: FastifyRequest,
    query: Record<string, unknown>,
    to: string,
  ): string | undefined {
    const { host } = new URL(this.settings.publicUrl);
    if (request.headers.host === host || query.at === 'public') return undefined;
    return `${this.settings.publicUrl}${pagePaths.login}?at=public&to=${encodeURIComponent(to)}`;
  }

  private async remember(attempt: LoginAttempt): Promise<string> {
    const sealed = await seal(this.settings.pageKeys, 'login', attempt, Date.now() + attemptMs);
    return writeCookie(attemptName(attempt.state), sealed, this.rule);
  }

  private forget(name: string): string {
    return writeCookie(name, '', this.rule);
  }

  private dropOld(request: FastifyRequest): string[] {
    const names = [...readCookies(request.headers.cookie).keys()].filter((name) =>
      name.startsWith(attemptName('')),
    );
    return names.length < maxAttempts ? [] : names.map((name) => this.forget(name));
  }

  private get rule() {
    const secure = this.settings.publicUrl.startsWith('https:');
    return { secure, path: pagePaths.login, maxAgeSeconds: attemptMs / 1000 };
  }
}

const nobodyKnown = messagePage({
  title: 'Nobody can log in here yet',
  body: html`<p>No issuer in <code>sallyport.yaml</code> names a client for this page: add <code>clientId</code> to one.</p>`,
});

function choice(issuers: readonly string[], to: string): string {
  const links = issuers.map((issuer) => {
    const query = new URLSearchParams({ issuer, to });
    return html`<a class="button wide" href="${pagePaths.login}?${query.toString()}">${issuer}</a>`;
  });
  return messagePage({ title: 'Log in', body: html`<p>Where do you log in?</p>${links}` });
}

function loggedOut(provider: string | undefined): string {
  const also =
    provider !== undefined &&
    html`<a class="button" href="${provider}">Log out of the identity provider too</a>`;
  return messagePage({
    title: 'You are logged out',
    body: html`<p class="actions"><a class="button" href="${pagePaths.list}">Log in again</a>${also}</p>`,
  });
}
