import { approvalRequested, frameSubject, requestCompleted, streams } from '#contracts';
import { type Bus, MissingDependencyError, OutputLog } from '#messaging';
import type { QuestionSigner } from '#sealing';
import type { Release } from './release.ts';

/** What an earlier run of the same release left behind. */
export type Trace = 'ended' | 'frames' | 'nothing';

/** Looks for the traces of an earlier run, before a redelivered release is acted on. */
export class Redeliveries {
  private readonly endings: OutputLog;
  private readonly reviews: OutputLog;

  constructor(
    private readonly bus: Bus,
    signer: QuestionSigner,
  ) {
    const requestIdOf = (head: unknown): string | undefined => (head as { requestId?: string }).requestId;
    this.endings = new OutputLog(bus, requestCompleted.filter(), requestIdOf);
    this.reviews = new OutputLog(bus, approvalRequested.filter(), (head) => {
      const { gate, requestId, version } = head as { gate?: string; requestId?: string; version?: number };
      return gate === 'response' && signer.made(head as object) ? `${requestId}:${version}` : undefined;
    });
  }

  /** Reads the log forward from the release. Throws `MissingDependencyError` where it can't be read. */
  async traceOf({ head, message }: Release): Promise<Trace> {
    const { requestId, version, gate } = head.terms;
    try {
      if (await this.endings.find(requestId, message.sequence)) return 'ended';
      if (gate === 'response') return 'nothing';
      if (await this.reviews.find(`${requestId}:${version}`, message.sequence)) return 'ended';
      return (await this.hasFrames(head.destination, requestId)) ? 'frames' : 'nothing';
    } catch (cause) {
      throw new MissingDependencyError('the log can not be read now', { cause });
    }
  }

  private async hasFrames(destination: string, requestId: string): Promise<boolean> {
    const subject = frameSubject(destination, requestId);
    return (await this.bus.readMessage({ lastOf: subject }, streams.frames)) !== null;
  }
}
