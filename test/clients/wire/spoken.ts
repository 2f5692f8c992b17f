/** One call of a client protocol, and what the model's server answers to it. */
export interface Spoken {
  readonly name: string;
  readonly path: string;
  /** The path that the model's server sees. */
  readonly upstreamPath: string;
  ask(text: string, stream: boolean): object;
  readonly whole: string;
  /** Undefined where the call has no stream. */
  readonly stream?: { readonly type: string; readonly bytes: string; readonly keepAlive: string };
  /** The error object of an answer, or of a stream's last event. Throws where the text is no error of this protocol. */
  readError(text: string): ReadError;
}

export interface ReadError {
  readonly code: unknown;
  readonly message: unknown;
  readonly approval_id?: unknown;
  readonly approvers?: unknown;
  readonly rules?: unknown;
  readonly status_url?: unknown;
  readonly expires_at?: unknown;
}

const sse = (...events: object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const named = (...events: { type: string }[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
const lines = (...events: object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');

const eventStream = { type: 'text/event-stream', keepAlive: ': waiting\n' };
const lineStream = { type: 'application/x-ndjson', keepAlive: ' ' };
const messages = (text: string) => [{ role: 'user', content: text }];
const answered = { role: 'assistant', content: 'é 🙂' };

/** The JSON of a stream's last event, or of a whole answer. */
const lastJson = (text: string): Record<string, unknown> =>
  JSON.parse(text.slice(text.lastIndexOf('\n{') + 1 || text.lastIndexOf('data: ') + 'data: '.length || 0));
const jsonOf = (text: string): Record<string, unknown> =>
  text.trimStart().startsWith('{') && !text.includes('\n{')
    ? (JSON.parse(text) as Record<string, unknown>)
    : lastJson(text.trimEnd());

function openaiError(text: string): ReadError {
  const { error } = jsonOf(text) as { error?: ReadError & { type?: unknown; param?: unknown } };
  if (typeof error?.type !== 'string' || error.param === undefined) throw new Error(`no error: ${text}`);
  return error;
}

function anthropicError(text: string): ReadError {
  const { type, error, request_id } = jsonOf(text) as {
    type?: unknown;
    error?: ReadError & { type?: unknown };
    request_id?: unknown;
  };
  if (type !== 'error' || typeof error?.type !== 'string' || typeof request_id !== 'string') {
    throw new Error(`no error of Anthropic's: ${text}`);
  }
  return error;
}

function ollamaError(text: string): ReadError {
  const { error, ...rest } = jsonOf(text);
  if (typeof error !== 'string') throw new Error(`no error of Ollama's: ${text}`);
  return { ...rest, code: rest.code, message: error };
}

/** Every client protocol, with each of its calls that a model answers. */
export const spoken: readonly Spoken[] = [
  {
    ...{ name: 'chat completions', path: '/v1/chat/completions', upstreamPath: '/v1/chat/completions' },
    ask: (text, stream) => ({ model: 'demo', messages: messages(text), stream }),
    whole: '{ "id":"c", "choices":[{"index":0,"message":{"role":"assistant","content":"h\\u00e9"}}] }\n',
    stream: {
      ...eventStream,
      bytes: `${sse(
        { id: 'c', choices: [{ index: 0, delta: { content: 'é 🙂' } }] },
        { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      )}data: [DONE]\n\n`,
    },
    readError: openaiError,
  },
  {
    ...{ name: 'completions', path: '/v1/completions', upstreamPath: '/v1/completions' },
    ask: (text, stream) => ({ model: 'demo', prompt: text, stream }),
    whole: '{ "id":"c", "object":"text_completion", "choices":[{"index":0,"text":"h\\u00e9"}] }\n',
    stream: {
      ...eventStream,
      bytes: `${sse(
        { id: 'c', choices: [{ index: 0, text: 'é 🙂' }] },
        { id: 'c', choices: [{ index: 0, text: '', finish_reason: 'stop' }] },
      )}data: [DONE]\n\n`,
    },
    readError: openaiError,
  },
  {
    ...{ name: 'embeddings', path: '/v1/embeddings', upstreamPath: '/v1/embeddings' },
    ask: (text) => ({ model: 'demo', input: text }),
    whole: '{ "object":"list", "data":[{"object":"embedding","index":0,"embedding":[0.10, 2e-3]}] }\n',
    readError: openaiError,
  },
  {
    ...{ name: 'responses', path: '/v1/responses', upstreamPath: '/v1/responses' },
    ask: (text, stream) => ({ model: 'demo', input: text, stream }),
    whole: '{ "id":"r", "object":"response", "status":"completed", "output":[] }\n',
    stream: {
      ...eventStream,
      bytes: named(
        { type: 'response.created', ...{ sequence_number: 0, response: { id: 'r', status: 'in_progress' } } },
        {
          type: 'response.completed',
          ...{ sequence_number: 1, response: { id: 'r', status: 'completed', output: [] } },
        },
      ),
    },
    readError: openaiError,
  },
  {
    ...{ name: 'Anthropic messages', path: '/v1/messages', upstreamPath: '/v1/messages' },
    ask: (text, stream) => ({ model: 'demo', max_tokens: 9, messages: messages(text), stream }),
    whole:
      '{ "id":"m", "type":"message", "role":"assistant", "content":[{"type":"text","text":"h\\u00e9"}] }\n',
    stream: {
      ...eventStream,
      bytes: named(
        {
          type: 'message_start',
          ...{ message: { id: 'm', type: 'message', role: 'assistant', content: [] } },
        },
        { type: 'message_stop' },
      ),
    },
    readError: anthropicError,
  },
  {
    ...{ name: 'Ollama chat', path: '/api/chat', upstreamPath: '/api/chat' },
    ask: (text, stream) => ({ model: 'demo', messages: messages(text), ...(!stream && { stream }) }),
    whole: '{ "model":"demo", "message":{"role":"assistant","content":"h\\u00e9"}, "done":true }\n',
    stream: {
      ...lineStream,
      bytes: lines(
        { model: 'demo', message: answered, done: false },
        { model: 'demo', message: { ...answered, content: '' }, done: true },
      ),
    },
    readError: ollamaError,
  },
  {
    ...{ name: 'Ollama generate', path: '/api/generate', upstreamPath: '/api/generate' },
    ask: (text, stream) => ({ model: 'demo', prompt: text, ...(!stream && { stream }) }),
    whole: '{ "model":"demo", "response":"h\\u00e9", "done":true }\n',
    stream: {
      ...lineStream,
      bytes: lines(
        { model: 'demo', response: 'é 🙂', done: false },
        { model: 'demo', response: '', done: true },
      ),
    },
    readError: ollamaError,
  },
  {
    ...{ name: 'Ollama embed', path: '/api/embed', upstreamPath: '/api/embed' },
    ask: (text) => ({ model: 'demo', input: text }),
    whole: '{ "model":"demo", "embeddings":[[0.10, 2e-3]] }\n',
    readError: ollamaError,
  },
  {
    ...{ name: 'any JSON over HTTP', path: '/c/texts/generate', upstreamPath: '/generate' },
    ask: (text, stream) => ({ inputs: text, stream }),
    whole: '{ "generated_text":"h\\u00e9" , "n":1.0 }\n',
    stream: { ...eventStream, bytes: sse({ token: { text: 'é 🙂' } }, { token: { text: '' }, done: true }) },
    readError: openaiError,
  },
  {
    ...{ name: 'JSON lines over HTTP', path: '/c/lines/generate', upstreamPath: '/lines/generate' },
    ask: (text, stream) => ({ inputs: text, stream }),
    whole: '{ "text":"h\\u00e9" , "n":1.0 }\n',
    stream: { ...lineStream, bytes: lines({ text: 'é 🙂' }, { text: '', done: true }) },
    readError: openaiError,
  },
];
