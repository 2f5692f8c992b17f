import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { readBody, reply, sameText } from './http.ts';
import { consentPage, loginPage } from './pages.ts';
import type { IdentityState } from './state.ts';

const HTML = 'text/html; charset=utf-8';

/** The pages a person sees during a login: name and password, then which program is let in. */
export async function interact(
  provider: Provider,
  state: IdentityState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'consent') {
    if (request.method !== 'POST') {
      return reply(response, 200, HTML, consentPage(String(params.client_id), session?.accountId ?? ''));
    }
    return provider.interactionFinished(
      request,
      response,
      { consent: {} },
      { mergeWithLastSubmission: true },
    );
  }
  if (request.method !== 'POST') return reply(response, 200, HTML, loginPage(false));
  const user = await whoLoggedIn(state, request);
  if (user === undefined) return reply(response, 401, HTML, loginPage(true));
  const result = { login: { accountId: user } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function whoLoggedIn(state: IdentityState, request: IncomingMessage): Promise<string | undefined> {
  const form = new URLSearchParams(await readBody(request));
  const user = form.get('user') ?? '';
  const password = Object.hasOwn(state.passwords, user) ? state.passwords[user] : undefined;
  return password !== undefined && sameText(password, form.get('password') ?? '') ? user : undefined;
}
