import type { IncomingMessage } from 'node:http';
import { CodedError } from '#contracts';

/** Bodies that are still arriving may take so much memory together. */
const maxArrivingBytes = 512 * 1024 * 1024;

/**
 * Reads bodies as they come. Each is bounded by its limit, all that have not come whole by a budget: clients that
 * dribble can't fill the memory, however many they are.
 */
export class BodyReader {
  private arrivingBytes = 0;
  private count = 0;

  constructor(private readonly budgetBytes: number = maxArrivingBytes) {}

  /** How many bodies are arriving. */
  get size(): number {
    return this.count;
  }

  /** The body's bytes. Throws `request.too_large`, `service.overloaded`, or `request.invalid` where it is cut off. */
  read(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limitBytes) return Promise.reject(tooLarge(limitBytes));
    // It says nothing any more, not even that it is over.
    if (request.destroyed) return Promise.reject(cutOff());
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      this.count += 1;
      // Told apart by a flag: taking the listeners off costs more, once for every request.
      let isOver = false;
      const end = (): void => {
        isOver = true;
        this.arrivingBytes -= bytes;
        this.count -= 1;
      };
      const refuse = (error: CodedError): void => {
        end();
        chunks.length = 0;
        // What still comes is read to nowhere, so that the client gets to read why.
        request.off('data', onData).resume();
        reject(error);
      };
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        this.arrivingBytes += chunk.length;
        chunks.push(chunk);
        if (bytes > limitBytes) refuse(tooLarge(limitBytes));
        else if (this.arrivingBytes > this.budgetBytes) refuse(overloaded());
      };
      const onEnd = (): void => {
        if (isOver) return;
        end();
        const [first] = chunks;
        resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks, bytes));
      };
      const onError = (): void => {
        if (isOver) return;
        end();
        reject(cutOff());
      };
      request.on('data', onData).on('end', onEnd).on('error', onError).on('close', onError);
    });
  }
}

function tooLarge(limitBytes: number): CodedError {
  return new CodedError('request.too_large', `The body is larger than ${limitBytes} bytes.`);
}

function cutOff(): CodedError {
  return new CodedError('request.invalid', 'The body did not come to its end.');
}

function overloaded(): CodedError {
  return new CodedError('service.overloaded', 'Too many bodies are arriving at once. Try again.');
}
