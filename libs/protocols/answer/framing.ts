/** One piece of a stream as it came: an event with a payload, or text between events. */
export interface Frame {
  /** Everything received for it, line ends included. */
  readonly raw: string;
  /** The payload (SSE: the data lines joined by line feeds); undefined where there is none. */
  readonly data: string | undefined;
  /** The SSE event name, if given. */
  readonly name: string | undefined;
  /** Strings beside the payload that a client or a log could read: comments, ids, names, unknown fields. */
  readonly beside: readonly string[];
}

/** Cuts decoded stream text into frames; what it returns depends on the text only, not on how it was cut. */
export interface Framing {
  push(text: string): readonly Frame[];
  /** What was left without its line end. */
  end(): readonly Frame[];
  /** Code units received for the unfinished frame. */
  readonly pendingChars: number;
}

/** Collects complete lines, each with its line end (`\n`, `\r\n` or `\r`). */
export class Lines {
  private parts: string[] = [];
  private carriage = false;
  pendingChars = 0;

  push(text: string): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    if (this.carriage && text !== '') {
      this.carriage = false;
      from = text.charCodeAt(0) === 0x0a ? 1 : 0;
      lines.push(this.take(text.slice(0, from)));
    }
    const lineEnd = /\r\n|\n|\r/g;
    lineEnd.lastIndex = from;
    for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
      const end = match.index + match[0].length;
      if (match[0] === '\r' && end === text.length) {
        this.carriage = true;
        break;
      }
      lines.push(this.take(text.slice(from, end)));
      from = end;
    }
    if (from < text.length) {
      this.parts.push(text.slice(from));
      this.pendingChars += text.length - from;
    }
    return lines;
  }

  end(): string {
    this.carriage = false;
    return this.take('');
  }

  private take(tail: string): string {
    const line = this.parts.length === 0 ? tail : this.parts.join('') + tail;
    this.parts = [];
    this.pendingChars = 0;
    return line;
  }
}

/** The line without its line end. */
export function lineText(line: string): string {
  if (line.endsWith('\r\n')) return line.slice(0, -2);
  return line.endsWith('\n') || line.endsWith('\r') ? line.slice(0, -1) : line;
}
