import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerStream, StreamEnd } from './answer/answer-stream.ts';
import type { Mask, OpenMask } from './answer/mask.ts';
import type { Protocol } from './protocol.ts';
import { type FoundRoute, findRoute } from './protocols.ts';
import type { Route } from './route.ts';

/** For this library's tests: golden samples, small masks, and streams cut anywhere. */

const here = import.meta.dirname;

/** Golden samples of a protocol folder whose name starts so. */
export function goldenNames(folder: string, prefix: string): readonly string[] {
  return readdirSync(join(here, folder, 'golden'))
    .filter((name) => name.startsWith(prefix))
    .sort();
}

/** The bytes of a golden sample. */
export function golden(folder: string, name: string): Buffer {
  return readFileSync(join(here, folder, 'golden', name));
}

/** The route of a request line that must exist. */
export function routeOf(method: string, path: string): FoundRoute {
  const found = findRoute(method, path);
  if (found === undefined) throw new Error(`no route for ${method} ${path}`);
  return found;
}

/** Golden files are named `<kind>-<what>[.<operation>].<ext>`; without an operation they are of the first route. */
export function goldenRoute(protocol: Protocol, name: string): FoundRoute {
  const operation = /\.([a-z_.]+)\.(?:json|sse|ndjson)$/.exec(name)?.[1] ?? protocol.routes[0]?.operation;
  const route = protocol.routes.find((each) => each.operation === operation);
  const found = route === undefined ? undefined : routeFor(route);
  if (found === undefined) throw new Error(`no route for ${name}`);
  return found;
}

function routeFor({ method, path, header, needsConnection }: Route): FoundRoute | undefined {
  const prefix = needsConnection === true ? '/c/local' : '';
  return findRoute(
    method,
    prefix + path.replace(/\{.*\}/, 'x'),
    header === undefined ? {} : { [header]: 'x' },
  );
}

const runCharacter = /[A-Za-z0-9@._-]/;
const mail = /^[A-Za-z0-9._-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;
const card = /^\d{13,19}$/;

/** Masks mail addresses and card numbers; holds the run of characters that could still become one. */
class RunMask implements Mask {
  private held = '';

  push(chunk: string): string {
    let output = '';
    for (const char of chunk) {
      if (runCharacter.test(char)) this.held += char;
      else output += this.decide() + char;
    }
    return output;
  }

  end(): string {
    return this.decide();
  }

  private decide(): string {
    const run = this.held.replace(/\.+$/, '');
    const dots = this.held.slice(run.length);
    this.held = '';
    if (mail.test(run)) return `[EMAIL]${dots}`;
    return (card.test(run) ? '[CARD]' : run) + dots;
  }
}

export const runMask: OpenMask = () => new RunMask();

/** Leaves every text as it is. */
export const noMask: OpenMask = () => ({ push: (chunk) => chunk, end: () => '' });

/** Leaves text as it is but holds it all until its end. */
export const holdingMask: OpenMask = () => {
  let held = '';
  return {
    push: (chunk) => {
      held += chunk;
      return '';
    },
    end: () => held,
  };
};

/** Sends bytes through a stream, cut at the given offsets. */
export function runStream(
  stream: AnswerStream,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): { readonly output: string; readonly end: StreamEnd } {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    parts.push(Buffer.from(stream.push(bytes.subarray(from, cut))));
    from = cut;
  }
  const end = stream.end();
  return { output: Buffer.concat([...parts, end.bytes]).toString('utf8'), end };
}

/** The payloads of an event stream, read independently of the library under test. */
export function payloads(output: string): readonly string[] {
  return output
    .split(/\r?\n\r?\n/)
    .map((block) =>
      block
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n'),
    )
    .filter((data) => data !== '');
}
