import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A model server for what `@copilotkit/aimock` does not know: completions, counting tokens, Ollama's newer embeddings. */
export interface TextServer {
  readonly url: string;
  stop(): Promise<void>;
}

interface Asked {
  readonly model: string;
  readonly prompt?: string;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly content: string }[];
}

/** It says what it was asked, and counts words. */
export async function startTextServer(): Promise<TextServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const asked = JSON.parse(Buffer.concat(parts).toString('utf8')) as Asked;
  const json = (body: object): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.url === '/v1/messages/count_tokens') {
    const words = asked.messages?.flatMap(({ content }) => content.split(' ')) ?? [];
    return json({ input_tokens: words.length });
  }
  if (request.url === '/api/embed') return json({ model: asked.model, embeddings: [[0.1, 0.2, 0.3]] });
  const frame = { id: 'cmpl-1', object: 'text_completion', created: 0, model: asked.model };
  const choice = (text: string, finish_reason: string | null) => ({
    ...frame,
    choices: [{ index: 0, text, logprobs: null, finish_reason }],
  });
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  if (!asked.stream) return json({ ...choice(`You said: ${asked.prompt}`, 'stop'), usage });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of [choice('You said: ', null), choice(asked.prompt ?? '', 'stop')]) {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}
