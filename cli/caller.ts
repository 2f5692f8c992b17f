import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { packageRoot, requestLocalToken, StartProblem } from '#embedded';
import { addressOf } from './addresses.ts';
import { currentToken } from './login/current-token.ts';
import { jsonText, unseenAsText } from './terminal.ts';

/** Where a command goes and as whom. */
export interface CallerFlags {
  as?: string;
  issuer: string;
  stateDir?: string;
  url: string;
  json?: boolean;
}

/** A service refused a call, or can't be reached. */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly code: string,
    message: string,
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** Adds the options of every command that calls a service; `url` is where it usually is. */
export function withCaller(command: Command, url: string): Command {
  const issuer = addressOf('identity');
  return command
    .option('--as <user>', "act as one of the examples' people, with the embedded identity provider")
    .addOption(new Option('--issuer <url>', 'the embedded identity provider').default(issuer))
    .option('--state-dir <dir>', 'where the running start keeps its state', process.env.SALLYPORT_STATE_DIR)
    .addOption(new Option('--url <url>', 'the service').default(url))
    .option('--json', 'print JSON');
}

const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const timeoutMs = 60_000;

/** Calls one service as one person. */
export class Caller {
  constructor(
    private readonly url: string,
    private readonly token: () => Promise<string>,
  ) {}

  /** A caller by flags: `--as`, else the token in `SALLYPORT_TOKEN`, else who is logged in. */
  static of(flags: CallerFlags): Caller {
    return new Caller(flags.url.replace(/\/$/, ''), () => tokenOf(flags));
  }

  /** Calls and parses. Throws `CallError` with the service's code and words. */
  async call<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    body?: object,
    withinMs = timeoutMs,
  ): Promise<T> {
    const response = await this.fetch(path, {
      method,
      signal: AbortSignal.timeout(withinMs),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw refusalOf(response.status, answer);
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const text = `${this.url} doesn't answer as this command expects. Is it that service, of this version?`;
    throw new CallError('unexpected_answer', text, response.status);
  }

  /** Reads server-sent events until the connection ends. */
  async *events(path: string, signal: AbortSignal): AsyncGenerator<{ event: string; data: string }> {
    const response = await this.fetch(path, { headers: { accept: 'text/event-stream' }, signal });
    if (!response.ok || !response.body) {
      throw refusalOf(response.status, await response.json().catch(() => undefined));
    }
    let pending = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (pending + chunk).split('\n\n');
      pending = blocks.pop() ?? '';
      for (const block of blocks) yield eventOf(block);
    }
  }

  /** Reads an answer's bytes as they come. */
  async stream(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.fetch(path, {});
    if (!response.ok || !response.body) {
      throw refusalOf(response.status, await response.json().catch(() => undefined));
    }
    return response.body;
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    if (!URL.canParse(this.url)) throw new CallError('bad_url', `${this.url} is no URL`, 0);
    const authorization = `Bearer ${await this.token()}`;
    return fetch(`${this.url}${path}`, { ...init, headers: { ...init.headers, authorization } }).catch(
      (error: Error) => {
        if (error.name === 'AbortError') throw error;
        const text =
          error.name === 'TimeoutError'
            ? `${this.url} didn't answer in time`
            : `Nothing answers at ${this.url}. Is it running?`;
        throw new CallError('unreachable', text, 0);
      },
    );
  }
}

/** Runs a command's work; what is refused ends it with one line on standard error and exit code 1. */
export async function runCall(flags: CallerFlags, work: (caller: Caller) => Promise<void>): Promise<void> {
  try {
    await work(Caller.of(flags));
  } catch (error) {
    if (!(error instanceof CallError || error instanceof StartProblem)) throw error;
    const text = error instanceof StartProblem ? error.line() : `${error.message} (${error.code})`;
    const json = { error: { code: error.code, message: error.message } };
    process.stderr.write(`${flags.json ? jsonText(json) : unseenAsText(text)}\n`);
    process.exitCode = 1;
  }
}

async function tokenOf({ as, issuer, stateDir }: CallerFlags): Promise<string> {
  if (as === undefined) {
    const token = process.env.SALLYPORT_TOKEN;
    if (token) return token;
    const login = await currentToken();
    if (login) return login.token;
    const text = 'Say who you are: sallyport login, --as NAME, or a token in SALLYPORT_TOKEN';
    throw new CallError('token.missing', text, 401);
  }
  const dir = resolve(stateDir ?? join(packageRoot(), '.sallyport'));
  return (await requestLocalToken(issuer, join(dir, 'identity'), as)).accessToken;
}

function refusalOf(status: number, answer: unknown): CallError {
  const parsed = ErrorBody.safeParse(answer);
  if (!parsed.success) return new CallError(`http_${status}`, `The service answered ${status}.`, status);
  const { code, message } = parsed.data.error;
  return new CallError(code, message, status);
}

function eventOf(block: string): { event: string; data: string } {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const;
    }),
  );
  return { event: fields.get('event') ?? 'message', data: fields.get('data') ?? '' };
}
