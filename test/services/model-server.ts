import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ModelCall {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the gateway closed the connection before the answer was complete. */
  closedEarly: boolean;
}

type Answer = (call: ModelCall, response: ServerResponse) => void | Promise<void>;

/** A model server that counts its calls and answers as a test says. */
export class ModelServer {
  readonly calls: ModelCall[] = [];
  /** Calls at the same time, at most. */
  mostAtOnce = 0;
  private atOnce = 0;
  answer: Answer = () => undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ModelServer> {
    const server = createServer();
    const model = new ModelServer(server);
    server.on('request', (request, response) => void model.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Calls whose prompt has this text. */
  callsWith(text: string): ModelCall[] {
    return this.calls.filter(({ body }) => body.includes(text));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call: ModelCall = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      closedEarly: false,
    };
    response.once('close', () => {
      this.atOnce -= 1;
      call.closedEarly = !response.writableFinished;
    });
    this.calls.push(call);
    await this.answer(call, response);
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}

/** Starts a stream. */
export function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}
