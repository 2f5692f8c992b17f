import type { BodyEdit, Gate, Redaction } from '#contracts';
import { applyEdits, type Mask } from '#protocols';
import { routeOf } from '../showing/view.ts';

/** An edit as its author wrote it: changes by pointer, the whole new text, or texts to take out of an answer. */
export type Rewriting =
  | { edits: readonly BodyEdit[] }
  | { body: string }
  | { redactions: readonly Redaction[] };

/** What the content is, so that the new one can be checked. */
export interface Rewritten {
  gate: Gate;
  protocol: string;
  operation: string;
  stream: boolean;
}

export type RewriteResult = { bytes: Buffer } | { fault: string };

/** Applies an edit and checks what comes out. Nothing the edit doesn't speak of changes. */
export function rewrite(before: Uint8Array, rewriting: Rewriting, what: Rewritten): RewriteResult {
  if ('redactions' in rewriting) return redact(before, rewriting.redactions, what);
  const result =
    'body' in rewriting ? { bytes: Buffer.from(rewriting.body, 'utf8') } : apply(before, rewriting.edits);
  if ('fault' in result) return result;
  const check = what.gate === 'response' ? checkRedaction : checkRequest;
  const fault = check(before, result.bytes, what);
  return fault === undefined ? result : { fault };
}

function apply(before: Uint8Array, edits: readonly BodyEdit[]): RewriteResult {
  const result = applyEdits(before, edits);
  if (result.kind === 'edited') return { bytes: Buffer.from(result.bytes) };
  return { fault: `${result.code}${result.pointer === '' ? '' : ` at ${result.pointer.slice(0, 200)}`}` };
}

/** Takes texts out of an answer with the machinery that masks answers, so a stream stays a stream. */
function redact(before: Uint8Array, redactions: readonly Redaction[], what: Rewritten): RewriteResult {
  const found = routeOf(what);
  if (what.gate !== 'response' || !found) return { fault: 'redactions are for answers' };
  const { protocol, route } = found;
  const openMask = (): Mask => replacing(redactions);
  if (what.stream) {
    const stream = protocol.openAnswerStream(route, { openMask });
    const first = stream.push(before);
    return { bytes: Buffer.concat([first, stream.end().bytes]) };
  }
  const masked = protocol.maskAnswer(before, route, { openMask });
  return masked.kind === 'masked'
    ? { bytes: Buffer.from(masked.bytes) }
    : { fault: 'the answer is not JSON' };
}

/** Replaces texts once all of a value is there. */
function replacing(redactions: readonly Redaction[]): Mask {
  let text = '';
  return {
    push: (chunk) => {
      text += chunk;
      return '';
    },
    end: () =>
      redactions.reduce((left, redaction) => left.replaceAll(redaction.text, () => redaction.with), text),
  };
}

/** A new request has to be one that the protocol takes, answered in the form the client waits for. */
function checkRequest(before: Uint8Array, after: Uint8Array, what: Rewritten): string | undefined {
  const found = routeOf(what);
  if (!found) return undefined;
  const { protocol, route } = found;
  const [old, next] = [protocol.readRequest(before, route), protocol.readRequest(after, route)];
  if (next.kind === 'refusal') return next.message;
  if (old.kind === 'reading' && old.stream !== next.stream) {
    return 'stream cannot be changed: the client waits for the answer in the form it asked for';
  }
  return undefined;
}

/** A redaction only changes texts inside an answer: its structure and every other value stay. */
function checkRedaction(before: Uint8Array, after: Uint8Array, what: Rewritten): string | undefined {
  const [old, next] = [before, after].map((bytes) => Buffer.from(bytes).toString('utf8')) as [string, string];
  const lines = what.stream ? /\n/ : /(?!)/;
  const [left, right] = [old.split(lines), next.split(lines)];
  const same =
    left.length === right.length && left.every((line, index) => sameLine(line, right[index] ?? ''));
  return same ? undefined : 'only texts of an answer can be changed or emptied';
}

/** A JSON value, on its own or behind `data:`; other lines have to stay as they are. */
function sameLine(old: string, next: string): boolean {
  if (old === next) return true;
  const [left, right] = [old, next].map((line) => /^(data: ?|)(.*)$/s.exec(line));
  if (left?.[1] !== right?.[1]) return false;
  try {
    return sameShape(JSON.parse(left?.[2] ?? ''), JSON.parse(right?.[2] ?? ''));
  } catch {
    return false;
  }
}

function sameShape(old: unknown, next: unknown): boolean {
  if (typeof old === 'string') return typeof next === 'string';
  if (typeof old !== 'object' || old === null) return old === next;
  if (typeof next !== 'object' || next === null || Array.isArray(old) !== Array.isArray(next)) return false;
  const [left, right] = [Object.entries(old), new Map(Object.entries(next))];
  if (left.length !== right.size) return false;
  return left.every(([key, value]) => right.has(key) && sameShape(value, right.get(key)));
}
