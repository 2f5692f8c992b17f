import path from 'node:path';
import type { SecretReferences } from '#boot';
import type { Sink } from '#contracts';
import type { SinkTarget } from '../sink.ts';
import { FileTarget } from './file-target.ts';
import { HttpsTarget } from './https-target.ts';
import { OtlpTarget } from './otlp-target.ts';
import { S3Target } from './s3-target.ts';

export interface TargetSurroundings {
  /** Where sinks of kind `files` have their directories. */
  readonly directory: string;
  readonly origin: string;
  readonly secrets: SecretReferences;
  /** So long a sink may say nothing, ms. */
  readonly answerMs: number;
}

/** The target of a sink of `sallyport.yaml`. Secrets are opened when they are used. */
export function openTarget(sink: Sink, around: TargetSurroundings): SinkTarget {
  const { directory, origin, secrets, answerMs } = around;
  switch (sink.kind) {
    case 'files':
      return new FileTarget(path.join(directory, sink.directory), sink.keep);
    case 'https':
      return new HttpsTarget(sink.url, opening(secrets, sink.authorization), answerMs);
    case 'otlp':
      return new OtlpTarget(sink.url, origin, opening(secrets, sink.authorization), answerMs);
    case 's3':
      return new S3Target(
        sink,
        async () => ({
          accessKeyId: await secrets.open(sink.accessKeyId),
          secretAccessKey: await secrets.open(sink.secretAccessKey),
        }),
        answerMs,
      );
  }
}

function opening(secrets: SecretReferences, reference: string | undefined) {
  return async () => (reference === undefined ? undefined : secrets.open(reference));
}
