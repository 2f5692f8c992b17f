import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const KEPT_REQUESTS = 1_000;

export interface UpstreamRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The bytes received. */
  readonly body: string;
}

/** What the mock says next. */
export interface UpstreamAnswer {
  /** The text, in the pieces that a stream would be cut into. */
  readonly pieces: readonly string[];
  /** Waited for before the first byte, and before each piece of a stream. */
  readonly before?: (piece: number) => Promise<void>;
  /** Answer with this status and a JSON error instead. */
  readonly status?: number;
  /** Cut the connection after this many pieces. */
  readonly cutAfter?: number;
}

/** A model server in OpenAI's protocol that says what a test tells it to and counts what it was asked. */
export interface MockUpstream {
  /** Without `/v1`. */
  readonly baseUrl: string;
  readonly port: number;
  /** The last 1,000 completions asked for. */
  readonly requests: readonly UpstreamRequest[];
  /** How many completions were asked for. */
  calls(): number;
  /** Sets what is answered from now on, for every request or by request. */
  answer(next: UpstreamAnswer | string | ((request: UpstreamRequest) => UpstreamAnswer)): void;
  stop(): Promise<void>;
}

export interface MockUpstreamOptions {
  readonly port?: number;
  readonly models?: readonly string[];
  /** With it, other bearer credentials get 401. */
  readonly credential?: string;
}

type Answering = (request: UpstreamRequest) => UpstreamAnswer;

export async function startMockUpstream(options: MockUpstreamOptions = {}): Promise<MockUpstream> {
  const requests: UpstreamRequest[] = [];
  const models = options.models ?? ['demo'];
  let count = 0;
  let answering: Answering = () => ({ pieces: ['Hello ', 'from ', 'the mock.'] });
  const server = createServer(async (request, response) => {
    const authorised =
      options.credential === undefined || request.headers.authorization === `Bearer ${options.credential}`;
    if (!authorised)
      return json(response, 401, { error: { message: 'no credential', code: 'invalid_api_key' } });
    if (request.url?.endsWith('/models')) {
      return json(response, 200, {
        object: 'list',
        data: models.map((id) => ({ id, object: 'model', created: 0 })),
      });
    }
    const received = { path: request.url ?? '', headers: request.headers, body: await text(request) };
    count += 1;
    requests.push(received);
    if (requests.length > KEPT_REQUESTS) requests.shift();
    await complete(response, received, answering(received)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    port,
    requests,
    calls: () => count,
    answer: (next) => {
      answering =
        typeof next === 'function' ? next : () => (typeof next === 'string' ? { pieces: [next] } : next);
    },
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

async function complete(
  response: ServerResponse,
  request: UpstreamRequest,
  answer: UpstreamAnswer,
): Promise<void> {
  const asked = JSON.parse(request.body) as Asked;
  const head = { id: 'chatcmpl-mock', created: 0, model: asked.model ?? 'demo' };
  const usage = {
    prompt_tokens: 1,
    completion_tokens: answer.pieces.length,
    total_tokens: answer.pieces.length + 1,
  };
  if (asked.stream !== true || answer.status !== undefined) {
    await answer.before?.(0);
    if (answer.status !== undefined)
      return json(response, answer.status, { error: { message: 'mock', code: 'mock' } });
    const message = { role: 'assistant', content: answer.pieces.join('') };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
    return json(response, 200, { ...head, object: 'chat.completion', choices, usage });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: object, finish_reason: string | null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`);
  };
  send({ role: 'assistant', content: '' }, null);
  for (const [k, piece] of answer.pieces.entries()) {
    await answer.before?.(k);
    if (k === answer.cutAfter) return void response.destroy();
    send({ content: piece }, null);
  }
  send({}, 'stop');
  if (asked.stream_options?.include_usage === true) {
    response.write(
      `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\n`,
    );
  }
  response.end('data: [DONE]\n\n');
}

async function json(response: ServerResponse, status: number, body: object): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
