import { decodeEnvelope, decodeFrame, type RequestCompleted, requestCompleted } from '#contracts';
import type { Bus } from '#messaging';
import { contentLabel, type Sealer } from '#sealing';
import { eventually } from '#testing';

/** What ingress hears of requests and can open for their clients. */
export class ClientSide {
  readonly completed = new Map<string, { head: RequestCompleted; tail: Uint8Array }[]>();
  readonly frames = new Map<
    string,
    { number: number; attempt: number; sealed: Uint8Array; atMs: number }[]
  >();

  constructor(
    ingress: Bus,
    readonly sealer: Sealer,
  ) {
    ingress.listen(requestCompleted.liveFilter().replace(/\*$/, '>'), ({ data }) => {
      const { head, tail } = decodeEnvelope(data);
      const parsed = requestCompleted.schema.parse(head);
      this.completed.set(parsed.requestId, [
        ...(this.completed.get(parsed.requestId) ?? []),
        { head: parsed, tail },
      ]);
    });
    ingress.listen('live.frame.>', ({ subject, data }) => {
      const requestId = subject.split('.').at(-1)!;
      const list = this.frames.get(requestId) ?? [];
      list.push({ ...decodeFrame(data), atMs: Date.now() });
      this.frames.set(requestId, list);
    });
  }

  /** The ending of a request, once it is there. */
  async ending(requestId: string, timeoutMs = 15_000): Promise<RequestCompleted> {
    return eventually(
      () => {
        const [first] = this.completed.get(requestId) ?? [];
        if (!first) throw new Error(`${requestId} has no ending`);
        return first.head;
      },
      { timeoutMs },
    );
  }

  /** What the client of an ended request gets. */
  async content(requestId: string): Promise<string> {
    const head = await this.ending(requestId);
    const { tail } = this.completed.get(requestId)![0]!;
    const opened = await this.sealer.open(head.subjectKey, contentLabel(requestId, 'answer'), tail);
    const text = opened.toString('utf8');
    if (head.tail !== 'transcript') return text;
    return (JSON.parse(text) as [number, string][]).map(([, piece]) => piece).join('');
  }

  /** The text of the frames of a request, in order. */
  async frameText(requestId: string, subjectKey: string): Promise<string> {
    let text = '';
    for (const { number, sealed } of this.frames.get(requestId) ?? []) {
      text += await this.sealer.open(subjectKey, contentLabel(requestId, `frame:${number}`), sealed);
    }
    return text;
  }
}
