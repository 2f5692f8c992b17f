import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { golden, payloads, routeOf, runMask, runStream } from './test-kit.ts';
import type { WireError } from './wire/error.ts';

/** The real client against bytes of this library. */
let server: Server | undefined;
let requests = 0;

async function serve(answer: (response: ServerResponse) => void | Promise<void>): Promise<OpenAI> {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => void answer(response));
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}/v1` });
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((done) => server?.close(done));
});

const { protocol, route } = routeOf('POST', '/v1/chat/completions');
const { wire } = protocol;
const messages = [{ role: 'user' as const, content: 'hi' }];
const problem = (more: Partial<WireError>): WireError => ({
  ...{ status: 403, code: 'approval.rejected', message: 'Rejected: not now.', requestId: 'req_1' },
  ...more,
});
const sendError = (error: WireError) => (response: ServerResponse) => {
  const { status, headers, body } = wire.writeError(error);
  response.writeHead(status, headers).end(body);
};

describe('errors', () => {
  test.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [503, OpenAI.InternalServerError],
  ])('%i raises its class once, with code, id and details', async (status, kind) => {
    const client = await serve(sendError(problem({ status, details: { approval_id: 'apr_1' } })));
    const raised = await client.chat.completions.create({ model: 'demo', messages }).catch((error) => error);
    expect(raised).toBeInstanceOf(kind);
    expect(raised).toMatchObject({ status, code: 'approval.rejected', requestID: 'req_1', param: null });
    expect(raised.error.approval_id).toBe('apr_1');
    expect(raised.message).toContain('Rejected: not now.');
    expect(requests).toBe(1);
  });

  test('one that says when to retry is retried by the client itself', async () => {
    const client = await serve(
      sendError(problem({ status: 503, code: 'approval.pending', retryAfterMs: 5 })),
    );
    const raised = await client.chat.completions.create({ model: 'demo', messages }).catch((error) => error);
    expect(raised).toBeInstanceOf(OpenAI.InternalServerError);
    expect(raised.code).toBe('approval.pending');
    expect(requests).toBe(3);
  });

  test('no wait is longer than 30 s, and no Retry-After is sent', () => {
    const { headers } = wire.writeError(problem({ retryAfterMs: 3_600_000 }));
    expect(headers).toMatchObject({ 'retry-after-ms': '30000', 'x-should-retry': 'true' });
    expect(headers['retry-after']).toBeUndefined();
  });
});

describe('streams', () => {
  const sse = { 'content-type': wire.streamType };

  test('keep-alives before, between and after events are not seen', async () => {
    const { output } = runStream(
      protocol.openAnswerStream(route, { openMask: runMask }),
      golden('openai-chat', 'stream-plain.sse'),
    );
    const client = await serve((response) => {
      response.writeHead(200, sse);
      response.write(wire.keepAlive + wire.keepAlive);
      for (const data of payloads(output)) response.write(`data: ${data}\n\n${wire.keepAlive}`);
      response.end();
    });
    let text = '';
    for await (const chunk of await client.chat.completions.create({
      model: 'demo',
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('Write to [EMAIL] – café 😀 is open.');
  });

  test('tool calls arrive whole through the client’s own accumulation', async () => {
    const { output } = runStream(
      protocol.openAnswerStream(route, { openMask: runMask }),
      golden('openai-chat', 'stream-tools.sse'),
    );
    const client = await serve((response) => void response.writeHead(200, sse).end(output));
    const final = await client.chat.completions.stream({ model: 'demo', messages }).finalChatCompletion();
    const calls = final.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual([
      { mail: '[EMAIL]', n: '[CARD]', ok: true },
      { text: 'café a "b"' },
    ]);
    expect(final.usage?.total_tokens).toBe(21);
  });

  test.each([
    ['after a keep-alive', wire.keepAlive],
    ['after text', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'],
  ])('an error event %s raises', async (_, before) => {
    const client = await serve((response) => {
      response.writeHead(200, sse);
      response.end(before + wire.writeStreamError(problem({ details: { approval_id: 'apr_1' } })));
    });
    const listen = async (): Promise<void> => {
      for await (const _chunk of await client.chat.completions.create({
        model: 'demo',
        messages,
        stream: true,
      }));
    };
    const raised = await listen().catch((error) => error);
    expect(raised).toBeInstanceOf(OpenAI.APIError);
    expect(raised).toMatchObject({ code: 'approval.rejected', type: 'permission_error' });
    expect(requests).toBe(1);
  });
});

describe('responses', () => {
  const found = routeOf('POST', '/v1/responses');
  const sse = { 'content-type': found.protocol.wire.streamType };

  test('arrive whole through the client’s own accumulation', async () => {
    const { output } = runStream(
      found.protocol.openAnswerStream(found.route, { openMask: runMask }),
      golden('openai-responses', 'stream-rich.sse'),
    );
    const client = await serve((response) => {
      response.writeHead(200, sse).end(found.protocol.wire.keepAlive + output);
    });
    const final = await client.responses.stream({ model: 'demo', input: 'hi' }).finalResponse();
    expect(final.output[1]).toMatchObject({ content: [{ text: 'I write to [EMAIL] today' }, {}] });
    expect(final.output[2]).toMatchObject({ arguments: '{"mail":"[EMAIL]","n": "[CARD]"}' });
  });

  test('an error event raises with its code', async () => {
    const event = found.protocol.wire.writeStreamError(problem({}));
    const client = await serve((response) => {
      response.writeHead(200, sse).end(event);
    });
    const listen = async (): Promise<void> => {
      for await (const _ of await client.responses.create({ model: 'demo', input: 'hi', stream: true }));
    };
    const raised = await listen().catch((error) => error);
    expect(raised).toBeInstanceOf(OpenAI.APIError);
    expect(raised).toMatchObject({ code: 'approval.rejected' });
  });

  test('one for later is read as queued', async () => {
    const state = { id: 'resp_1', status: 'queued', createdAtS: 1, model: 'demo' } as const;
    const client = await serve((response) => {
      const body = found.protocol.wire.writeBackground?.(state);
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    const queued = await client.responses.create({ model: 'demo', input: 'hi', background: true });
    expect(queued).toMatchObject({ id: 'resp_1', status: 'queued', output_text: '' });
  });
});

describe('models', () => {
  const entry = { id: 'demo', ownedBy: 'local', createdAtS: 1_700_000_000 };

  test('are listed and looked up', async () => {
    const client = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(wire.writeModels?.([entry]));
    });
    const listed = await client.models.list();
    expect(listed.data).toEqual([{ id: 'demo', object: 'model', created: 1_700_000_000, owned_by: 'local' }]);
  });
});
