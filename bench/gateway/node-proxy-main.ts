/** A do-nothing Node proxy: the floor for anything written in Node. Says `ready PORT` on standard output. */
import { Agent, request as ask, createServer } from 'node:http';

const target = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const server = createServer((request, response) => {
  const { hostname, port } = target;
  const options = {
    hostname,
    port,
    path: request.url,
    method: request.method,
    headers: request.headers,
    agent,
  };
  const upstream = ask(options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`ready ${(server.address() as { port: number }).port}`));
