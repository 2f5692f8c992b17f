import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

export interface Sent {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that keeps what it is sent, refuses it, or reads it and never says a word. */
export class Receiver {
  readonly taken: Sent[] = [];
  readonly refused: Sent[] = [];
  unanswered = 0;
  manner: 'taking' | 'refusing' | 'silent' = 'taking';
  url = '';
  private readonly server: Server = createServer(async (request, response) => {
    const bytes = await buffer(request).catch(() => null);
    if (bytes === null) return;
    if (this.manner === 'silent') {
      this.unanswered += 1;
      return;
    }
    const [path = ''] = (request.url ?? '').split('?');
    const body = bodyOf(request, bytes).toString('utf8');
    const isRefusing = this.manner === 'refusing';
    (isRefusing ? this.refused : this.taken).push({ path, headers: request.headers, body });
    const headers = { 'content-type': 'application/json', etag: '"none"' };
    response.writeHead(isRefusing ? 503 : 200, headers).end('{}');
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this.url;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** What is sent to object storage comes in chunks that are signed or summed: those are left as they are. */
function bodyOf({ headers }: IncomingMessage, bytes: Buffer): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}
