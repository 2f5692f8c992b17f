import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A model server that says back what it was told, in the chat and the responses protocol, and takes any webhook. */
export interface EchoServer {
  readonly url: string;
  readonly port: number;
  /** Bodies that were posted, by path. */
  readonly posted: { path: string; body: string }[];
  stop(): Promise<void>;
}

interface Asked {
  readonly model?: string;
  readonly input?: string;
  readonly messages?: readonly { content: string }[];
}

export async function startEchoServer(): Promise<EchoServer> {
  const posted: EchoServer['posted'] = [];
  const server = createServer((request, response) => {
    answer(request, response, posted).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, posted },
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  posted: EchoServer['posted'],
): Promise<void> {
  const path = request.url ?? '/';
  const body = await text(request);
  if (path.endsWith('/models')) return send(response, { object: 'list', data: [{ id: 'demo' }] });
  posted.push({ path, body });
  if (!path.startsWith('/v1/')) return void response.writeHead(204).end();
  const { model = 'demo', input, messages = [] } = JSON.parse(body) as Asked;
  const said = `You said: ${input ?? messages.map(({ content }) => content).join(' ')}`;
  if (!path.endsWith('/responses')) {
    const message = { role: 'assistant', content: said };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    return send(response, { id: 'chatcmpl-1', object: 'chat.completion', created: 0, model, choices, usage });
  }
  const content = [{ type: 'output_text', text: said, annotations: [] }];
  const output = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }];
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const about = { id: 'resp_1', object: 'response', created_at: 0, status: 'completed', error: null };
  send(response, { ...about, model, output, usage });
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
