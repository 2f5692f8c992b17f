import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sameText } from '../identity/http.ts';
import { defaultRuntimeDir } from '../paths.ts';
import { chat, DEMO_MODEL, type Desk, fail, json } from './chat.ts';
import { loadModel, type ModelEngine } from './engine.ts';
import { ensureModel } from './runtime.ts';

/** Questions whose answers hold an e-mail address, a card number and a vendor-prefixed secret. */
export const DEMO_PROMPTS = {
  email: 'Who do I contact about an invoice?',
  card: 'Which card can I use for a test payment?',
  secret: 'Show me an example of an access token.',
} as const;

export interface ModelServerOptions {
  /** Loopback port; 0 takes a free one. */
  readonly port: number;
  /** The bearer credential every call needs. */
  readonly apiKey: string;
  readonly runtimeDir?: string;
  readonly onProgress?: (line: string) => void;
}

export interface ModelServer {
  readonly url: string;
  readonly port: number;
  /** How many completions were asked for, with a valid credential. */
  calls(): number;
  stop(): Promise<void>;
}

/** Serves the offline stand-in model in OpenAI's protocol on 127.0.0.1, run by llama.cpp in this process. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const files = await ensureModel(options.runtimeDir ?? defaultRuntimeDir(), options.onProgress);
  const desk: Desk = { engine: await loadModel(files), apiKey: options.apiKey, calls: 0 };
  const server = createServer((request, response) => {
    route(desk, request, response).catch((error: unknown) => {
      if (!response.headersSent) fail(response, 500, 'internal_error', String(error));
      else response.destroy();
    });
  });
  // Longer than a busy gateway keeps an idle connection: it must not write into one that is being closed.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    calls: () => desk.calls,
    stop: () => close(server, desk.engine),
  };
}

async function close(server: Server, engine: ModelEngine): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await engine.close();
}

async function route(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/healthz') return json(response, 200, { status: 'ok' });
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!sameText(desk.apiKey, given))
    return fail(response, 401, 'invalid_api_key', 'A bearer credential is required.');
  if (path === '/calls') return json(response, 200, { calls: desk.calls });
  if (path === '/v1/models') {
    return json(response, 200, {
      object: 'list',
      data: [{ id: DEMO_MODEL, object: 'model', created: 0, owned_by: 'sallyport' }],
    });
  }
  if (path === '/v1/chat/completions' && request.method === 'POST') return chat(desk, request, response);
  return fail(response, 404, 'not_found', `Nothing is served at ${path}.`);
}
