const idOf = /"response"\s*:\s*\{[^{}]*?"id"\s*:\s*("(?:[^"\\]|\\.)*")/;
/** Where an event's object begins. */
const object = /^(data: ?\{)(?=\s*")/m;
// A quote that a text holds stands behind a backslash, so this is never inside of one.
const numberIn = /(?<!\\)"sequence_number"\s*:\s*(\d{1,12})/;

/** The id that clients know a response by: it names the request. */
export function responseIdOf(requestId: string): string {
  return `resp_${requestId.slice('req-'.length)}`;
}

/**
 * The request behind a response's id; undefined where the id is none of ours. Model servers' ids may look alike, but they
 * are random (UUIDv4): ours are made by time (UUIDv7).
 */
export function requestIdOf(responseId: string): string | undefined {
  const hex = /^resp_([0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15})$/.exec(responseId)?.[1];
  return hex === undefined ? undefined : `req-${hex}`;
}

/**
 * Rewrites the events of a stream that a model's server began: they follow one event of the gateway's own, so they are
 * numbered from 1, also where the server doesn't number them, and the response has the id that its client knows. Leaves
 * out what the client has already.
 */
export class ResponseEvents {
  private serversId: string | undefined;
  private last: string | undefined;
  private count = 0;

  constructor(
    private readonly id: string,
    /** The last event that the client has; -1 where it has none. */
    private readonly after: number,
  ) {}

  /** Whole events as they came; gives those that the client lacks. */
  take(text: string): string {
    const events = text.match(/[\s\S]*?\r?\n\r?\n|[\s\S]+$/g) ?? [];
    return events.map((event) => this.rewrite(event)).join('');
  }

  /** The response as the last event has it; undefined where none had one. */
  get final(): string | undefined {
    const data = (this.last ?? '').match(/^data: ?(.*)$/gm)?.map((line) => line.replace(/^data: ?/, ''));
    if (!data) return undefined;
    const { response } = JSON.parse(data.join('\n')) as { response?: object };
    return response && JSON.stringify(response);
  }

  private rewrite(event: string): string {
    this.serversId ??= idOf.exec(event)?.[1];
    const own =
      this.serversId === undefined ? event : event.replaceAll(this.serversId, JSON.stringify(this.id));
    if (!object.test(own)) return own;
    const number = ++this.count;
    const numbered = `"sequence_number":${number}`;
    const moved = numberIn.test(own)
      ? own.replace(numberIn, numbered)
      : own.replace(object, `$1${numbered},`);
    if (idOf.test(moved)) this.last = moved;
    return number <= this.after ? '' : moved;
  }
}
