import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelEngine, Prompt } from './engine.ts';
import { CHAT_REQUEST, type ChatRequest, textsOf, untilStopWord } from './request.ts';

/** What the stand-in calls itself in `/v1/models`. */
export const DEMO_MODEL = 'demo';

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;
const DEFAULT_MAX_TOKENS = 512;

/** What the server's handlers share. */
export interface Desk {
  readonly engine: ModelEngine;
  readonly apiKey: string;
  calls: number;
}

/** `POST /v1/chat/completions`, streamed or not, in OpenAI's form. */
export async function chat(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  desk.calls += 1;
  const parsed = CHAT_REQUEST.safeParse(await readJson(request));
  if (!parsed.success)
    return fail(response, 400, 'invalid_request', parsed.error.issues[0]?.message ?? 'Invalid body.');
  const asked = parsed.data;
  if (asked.model !== DEMO_MODEL)
    return fail(response, 404, 'model_not_found', `There is no model ${asked.model}.`);
  if (desk.engine.isFull()) return fail(response, 429, 'rate_limit_exceeded', 'Too many calls are waiting.');
  const prompt = desk.engine.prepare(textsOf(asked));
  if (prompt === undefined)
    return fail(response, 400, 'context_length_exceeded', 'The messages are too long.');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (asked.stream === true) return streamed(desk, asked, prompt, response, gone.signal);
  const choices = [];
  let made = 0;
  for (let index = 0; index < (asked.n ?? 1); index++) {
    let content = '';
    const parts = generate(desk.engine, asked, prompt, gone.signal);
    let step = await parts.next();
    for (; !step.done; step = await parts.next()) {
      content += step.value;
      made += 1;
    }
    choices.push({
      index,
      message: { role: 'assistant', content },
      logprobs: null,
      finish_reason: step.value,
    });
  }
  return json(response, 200, { ...frame('chat.completion'), choices, usage: usage(prompt, made) });
}

async function streamed(
  desk: Desk,
  asked: ChatRequest,
  prompt: Prompt,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const head = frame('chat.completion.chunk');
  const send = async (event: object | '[DONE]') => {
    const text = typeof event === 'string' ? event : JSON.stringify(event);
    if (!response.write(`data: ${text}\n\n`) && !signal.aborted) {
      await new Promise((resolve) => {
        response.once('drain', resolve);
        signal.addEventListener('abort', resolve, { once: true });
      });
    }
  };
  const choice = (index: number, delta: object, finish: string | null) =>
    send({ ...head, choices: [{ index, delta, logprobs: null, finish_reason: finish }] });
  let made = 0;
  for (let index = 0; index < (asked.n ?? 1); index++) {
    await choice(index, { role: 'assistant', content: '' }, null);
    const parts = generate(desk.engine, asked, prompt, signal);
    let step = await parts.next();
    for (; !step.done; step = await parts.next()) {
      made += 1;
      await choice(index, { content: step.value }, null);
    }
    await choice(index, {}, step.value);
  }
  if (asked.stream_options?.include_usage) await send({ ...head, choices: [], usage: usage(prompt, made) });
  await send('[DONE]');
  response.end();
}

function generate(engine: ModelEngine, asked: ChatRequest, prompt: Prompt, signal: AbortSignal) {
  const sampling = {
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? DEFAULT_MAX_TOKENS,
    temperature: asked.temperature ?? 0,
    ...(asked.seed == null ? {} : { seed: asked.seed }),
  };
  const words = typeof asked.stop === 'string' ? [asked.stop] : (asked.stop ?? []);
  return untilStopWord(
    engine.answer(prompt, sampling, signal),
    words.filter((word) => word !== ''),
  );
}

function frame(object: string) {
  return {
    id: `chatcmpl-${randomUUID()}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: DEMO_MODEL,
  };
}

function usage(prompt: Prompt, completion: number) {
  const asked = prompt.tokens.length;
  return { prompt_tokens: asked, completion_tokens: completion, total_tokens: asked + completion };
}

export async function json(response: ServerResponse, status: number, body: object): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function fail(response: ServerResponse, status: number, code: string, message: string): Promise<void> {
  return json(response, status, { error: { message, type: 'invalid_request_error', param: null, code } });
}

/** Undefined for what isn't JSON or is over the limit: the schema refuses it. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_LIMIT_BYTES) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return undefined;
  }
}
