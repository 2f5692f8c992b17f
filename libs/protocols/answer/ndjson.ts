import { type Frame, type Framing, Lines, lineText } from './framing.ts';

/** Newline-delimited JSON: one payload a line; blank lines pass as they are. */
export class NdjsonFraming implements Framing {
  private readonly lines = new Lines();

  get pendingChars(): number {
    return this.lines.pendingChars;
  }

  push(text: string): readonly Frame[] {
    return this.lines.push(text).map(readLine);
  }

  end(): readonly Frame[] {
    const rest = this.lines.end();
    return rest === '' ? [] : [readLine(`${lineText(rest)}\n`)];
  }
}

function readLine(raw: string): Frame {
  const text = lineText(raw);
  const isBlank = text.trim() === '';
  return { raw, data: isBlank ? undefined : text, name: undefined, beside: [] };
}

/** The line with another payload and the line end it had. */
export function rewriteNdjson(frame: Frame, data: string): string {
  return data + frame.raw.slice(lineText(frame.raw).length);
}
