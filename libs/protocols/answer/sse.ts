import { type Frame, type Framing, Lines, lineText } from './framing.ts';

interface Field {
  readonly name: string;
  readonly value: string;
}

/** Server-sent events (WHATWG HTML, section 9.2). Comments and blank lines between events are frames of their own. */
export class SseFraming implements Framing {
  private readonly lines = new Lines();
  private event: string[] = [];
  private eventChars = 0;
  private first = true;

  get pendingChars(): number {
    return this.eventChars + this.lines.pendingChars;
  }

  push(text: string): readonly Frame[] {
    const frames: Frame[] = [];
    for (const line of this.lines.push(text)) this.take(line, frames);
    return frames;
  }

  /** An event without its blank line is closed here, so that what follows it can't be read as part of it. */
  end(): readonly Frame[] {
    const frames: Frame[] = [];
    const rest = this.lines.end();
    if (rest !== '') this.take(`${lineText(rest)}\n`, frames);
    if (this.event.length > 0) this.take('\n', frames);
    return frames;
  }

  private take(line: string, frames: Frame[]): void {
    const text = lineText(line);
    const isBetween = this.event.length === 0 && (text === '' || text.startsWith(':'));
    if (!isBetween) {
      this.event.push(line);
      this.eventChars += line.length;
      if (text !== '') return;
    }
    frames.push(readEvent(isBetween ? [line] : this.event, this.first));
    this.first = false;
    this.event = [];
    this.eventChars = 0;
  }
}

function readEvent(lines: readonly string[], first: boolean): Frame {
  const data: string[] = [];
  const beside: string[] = [];
  let name: string | undefined;
  for (const [index, line] of lines.entries()) {
    const field = readField(line, first && index === 0);
    if (field.name === 'data') data.push(field.value);
    else if (field.name !== '' || field.value !== '') beside.push(field.value);
    if (field.name === 'event') name = field.value;
    if (!vocabulary.has(field.name)) beside.push(field.name);
  }
  return { raw: lines.join(''), data: data.length > 0 ? data.join('\n') : undefined, name, beside };
}

const vocabulary: ReadonlySet<string> = new Set(['', 'data', 'event', 'id', 'retry']);

function readField(line: string, mayHaveMark: boolean): Field {
  const bare = lineText(line);
  const text = mayHaveMark && bare.startsWith('\ufeff') ? bare.slice(1) : bare;
  const colon = text.indexOf(':');
  if (colon === -1) return { name: text, value: '' };
  const value = text.slice(colon + 1);
  return { name: text.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value };
}

/**
 * The frame with another payload, its other lines as they were; lines that `keep` refuses are left out.
 * A payload with line feeds takes as many data lines.
 */
export function rewriteSse(frame: Frame, data: string | undefined, keep: (line: string) => boolean): string {
  let written = '';
  let pending = data;
  const lines = new Lines().push(frame.raw);
  for (const [index, line] of lines.entries()) {
    const field = readField(line, index === 0);
    const lineEnd = line.slice(lineText(line).length);
    if (field.name === 'data') {
      if (pending !== undefined) for (const part of pending.split('\n')) written += `data: ${part}${lineEnd}`;
      pending = undefined;
    } else if (lineText(line) === '' || keep(lineText(line))) written += line;
  }
  return written;
}

/** One event as the gateway writes it. */
export function writeSse(data: string, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
}
