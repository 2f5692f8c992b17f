import { type IncomingHttpHeaders, request as send } from 'node:http';

/** What came back. */
export interface Got {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request, its answer as bytes; what was read so far where the connection breaks. */
export function exchange(url: string, body: string | Uint8Array, headers: object = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const given = { 'content-type': 'application/json', ...headers };
    const sent = send(url, { method: 'POST', headers: given, agent: false }, (response) => {
      const parts: Buffer[] = [];
      const { statusCode: status = 0, headers: answered } = response;
      const done = () =>
        resolve({ status, type: answered['content-type'], headers: answered, body: Buffer.concat(parts) });
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', done);
      response.on('error', done);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
