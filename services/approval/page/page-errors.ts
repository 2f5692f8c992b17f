import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGGER, publicError } from '#boot';
import type { Logger } from '#telemetry';
import { fieldsOf } from './desk-forms.ts';
import { pagePaths } from './paths.ts';
import { sendOn, sendPage } from './reply.ts';
import { exact, html } from './views/html.ts';
import { messagePage } from './views/layout.ts';

/** Turns what goes wrong into a page: who has to log in is sent there, who was refused is told why. */
@Catch()
export class PageErrors implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    const { status, body } = publicError(error);
    const { code, message } = body.error;
    if (status >= 500) {
      this.logger.error(
        { err: error, method: request.method, route: request.routeOptions.url },
        'page failed',
      );
    }
    if (reply.sent || reply.raw.headersSent) return;
    const path = request.url.split('?')[0] ?? '/';
    const mustLogIn = status === 401 && !path.startsWith(pagePaths.login);
    if (mustLogIn && request.method === 'POST') sendPage(reply, loginEnded(request), 401);
    else if (mustLogIn) sendOn(reply, `${pagePaths.login}?to=${encodeURIComponent(request.url)}`);
    else sendPage(reply, messagePage({ title: titleOf(status), body: refusal(code, message) }), status);
  }
}

function titleOf(status: number): string {
  if (status >= 500) return 'Something went wrong';
  return status === 404 ? 'Not here' : 'Not done';
}

function refusal(code: string, message: string) {
  return html`<p>${message}</p><p class="soft"><code>${code}</code></p>
<p class="actions"><a class="button" href="${pagePaths.list}">All that waits</a></p>`;
}

/** A form that came after the login ended: nothing was done, nothing typed is lost. */
function loginEnded(request: FastifyRequest): string {
  const fields = Object.entries(fieldsOf(request.body)).map(
    ([name, value]) => html`<input type="hidden" name="${exact(name)}" value="${exact(value)}">`,
  );
  const login = `${pagePaths.login}?to=${encodeURIComponent(pagePaths.loginDone)}`;
  const title = 'Your login has ended';
  const body = html`<p>Nothing was done. Log in again in a new tab; then send what you typed from here.</p>
<p class="actions"><a class="button" href="${login}" target="_blank" rel="noopener">Log in again</a></p>
<form method="post" action="${request.url}">${fields}<button class="go">Send it now</button></form>`;
  return messagePage({ title, body });
}
