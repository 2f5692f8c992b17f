import fc from 'fast-check';

/** Where the gateway listens to clients. */
export const paths = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/messages',
  '/api/chat',
  '/c/demo/x',
];
const deep = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const badJson = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .integer({ min: 101, max: 20_000 })
    .map((depth) => `{"model":"demo","messages":${deep(depth, '[', ']')}}`),
  fc.integer({ min: 101, max: 5000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.json({ maxDepth: 4 }),
  fc.tuple(fc.json(), fc.json()).map(([a, b]) => `{"model":${a},"model":"demo","messages":${b}}`),
  fc.json().map((value) => `{"model":"demo","messages":${value},"stream":${value},"input":${value}}`),
  fc.constantFrom('', 'null', '[]', '"x"', '1e999', '{"model":"demo","n":1e999}', '{"model":"\\ud800"}', '{'),
);
/** Bodies as no client sends them. */
export const hostileBody = fc.oneof(
  { weight: 6, arbitrary: badJson.map((text) => Buffer.from(text, 'utf8')) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((bytes) =>
        Buffer.concat([
          Buffer.from('{"model":"demo","messages":[{"role":"user","content":"'),
          Buffer.from([0xc3, 0x28]),
          bytes,
          Buffer.from('"}]}'),
        ]),
      ),
  },
);
const rawHead = fc.constantFrom(
  'POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /x',
  'POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef',
  'POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
  'POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5, 5\r\n\r\nabcde',
  'POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
  'POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n\r\n',
  'POST {path} HTTP/1.1\r\nhost: x\r\nx-a: b\r\n folded: c\r\ncontent-length: 0\r\n\r\n',
  'POST {path} HTTP/1.1\r\nhost: x\r\nx-sallyport-connection: a\rb\r\ncontent-length: 0\r\n\r\n',
  'POST {path} HTTP/1.1\nhost: x\ncontent-length: 0\n\n',
  'POST {path}\x00 HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n',
  'POST http://elsewhere{path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n',
  'POST {path} HTTP/1.1\r\ncontent-length: 0\r\n\r\n',
  `POST {path} HTTP/1.1\r\nhost: x\r\nx-big: ${'a'.repeat(70_000)}\r\ncontent-length: 0\r\n\r\n`,
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
);

const injected = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((text) => Buffer.from(text).toString('latin1'));
/** Heads of requests for a path, as no client sends them. */
export const hostileHead = fc.oneof(
  rawHead,
  injected.map(
    (text) => `POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${text}\r\ncontent-length: 0\r\n\r\n`,
  ),
  injected.map((text) => `POST {path}?${text} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`),
);
