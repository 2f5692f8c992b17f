/**
 * The mock model server of the gateway bench: a JSON answer of about 600 bytes, or a stream of 50 chunks. Says
 * `ready PORT` on standard output.
 */
import { createServer } from 'node:http';

const words = 'The quick brown fox jumps over the lazy dog while the band plays on. '.repeat(6).slice(0, 380);
const completion = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'bench',
  choices: [
    { index: 0, message: { role: 'assistant', content: words }, finish_reason: 'stop', logprobs: null },
  ],
  usage: { prompt_tokens: 200, completion_tokens: 80, total_tokens: 280 },
});
const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'bench',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;
const pieces = [
  chunk({ role: 'assistant', content: '' }),
  ...Array.from({ length: 48 }, (_, k) => chunk({ content: `word${k} ` })),
  chunk({}, 'stop'),
  'data: [DONE]\n\n',
];
const wantsStream = /"stream"\s*:\s*true/;

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const tail = body.subarray(Math.max(0, body.length - 256)).toString('latin1');
    if (!wantsStream.test(tail)) {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(completion),
      });
      response.end(completion);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let next = 0;
    const write = (): void => {
      response.write(pieces[next++]);
      if (next < pieces.length) setImmediate(write);
      else response.end();
    };
    write();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`ready ${(server.address() as { port: number }).port}`));
