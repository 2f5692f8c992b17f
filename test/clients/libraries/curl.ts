import { spawn } from 'node:child_process';
import { type Asked, type Library, weather } from './library.ts';

/** What curl got: everything on standard output, and the status it was told to write last. */
interface Got {
  readonly status: number;
  readonly body: string;
}

/** A status other than 2xx, as a script sees it. */
class HttpStatus extends Error {
  constructor(
    readonly status: number,
    readonly responseBody: string,
  ) {
    super(`HTTP ${status}`);
  }
}

function curl(asked: Asked, body: object, onData?: (text: string) => void): Promise<Got> {
  const { gateway, token, headers = {}, signal } = asked;
  const given = { ...headers, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const flags = Object.entries(given).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const url = `${gateway}/v1/chat/completions`;
  const args = ['-sS', '--no-buffer', '-w', '\n%{http_code}', ...flags, '-d', JSON.stringify(body), url];
  return new Promise((resolve, reject) => {
    const child = spawn('curl', args, { ...(signal && { signal }) });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      onData?.(text);
    });
    child.on('error', reject);
    child.on('close', () => {
      const end = text.lastIndexOf('\n');
      resolve({ status: Number(text.slice(end + 1)), body: text.slice(0, end) });
    });
  });
}

async function answered(asked: Asked, rest: object, onData?: (text: string) => void): Promise<string> {
  const messages = [{ role: 'user', content: asked.text }];
  const got = await curl(asked, { model: asked.model ?? 'demo', messages, ...rest }, onData);
  if (got.status !== 200) throw new HttpStatus(got.status, got.body);
  return got.body;
}

interface Answer {
  choices: [
    { message: { content: string; tool_calls: [{ function: { name: string; arguments: string } }] } },
  ];
}
interface Event {
  error?: object;
  choices?: { delta: { content?: string | null } }[];
}

function eventsText(body: string): string {
  const events = [...body.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => JSON.parse(data ?? '') as Event);
  const failed = events.find(({ error }) => error !== undefined);
  if (failed) throw new HttpStatus(200, JSON.stringify(failed));
  return events.map(({ choices }) => choices?.[0]?.delta.content ?? '').join('');
}

/** curl, and a script that reads what it prints. */
export function curlProgram(): Library {
  return {
    name: 'curl',
    protocol: 'chat completions',
    resendsAfterTimeout: false,
    whole: async (asked) => (JSON.parse(await answered(asked, {})) as Answer).choices[0].message.content,
    streamed: async (asked, onPiece) => {
      const heard = (body: string) => {
        if (/"content":"[^"]/.test(body)) onPiece?.(body);
      };
      return eventsText(await answered(asked, { stream: true }, heard));
    },
    tool: async (asked) => {
      const { name, description, schema: parameters } = weather;
      const tools = [{ type: 'function', function: { name, description, parameters } }];
      const [choice] = (JSON.parse(await answered(asked, { tools })) as Answer).choices;
      const call = choice.message.tool_calls[0].function;
      return { name: call.name, arguments: JSON.parse(call.arguments) };
    },
  };
}
