import { requestReleased } from '#contracts';
import {
  type Bus,
  type DeadLetterCode,
  type Delivery,
  defaultSettlement,
  parseEvent,
  Settlement,
} from '#messaging';
import { type Logger, metrics } from '#telemetry';
import { type Completions, endingOf } from '../completions.ts';
import { isAuthentic, type ReleaseKeys, subjectTokens } from './verify-release.ts';

const longestEndingMs = 20_000;

/** Settles releases; the request of one that went to the dead letters ends as failed, where the release is authentic. */
export function openReleaseSettlement(
  bus: Bus,
  keys: ReleaseKeys,
  completions: Completions,
  logger: Logger,
): Settlement {
  return new Settlement(bus, 'masking', {
    ...defaultSettlement,
    onError: (err, { subject, sequence, deliveries }, exit) => {
      metrics.settled.inc({ exit });
      logger.warn({ err, subject, sequence, deliveries, exit }, 'release failed');
    },
    onDeadLetter: (delivery, code) => endBuried(delivery, code, keys, completions),
  });
}

async function endBuried(
  delivery: Delivery,
  code: DeadLetterCode,
  keys: ReleaseKeys,
  completions: Completions,
): Promise<void> {
  const head = readHead(delivery);
  // A forged release must not end anybody's request.
  if (!head || !isAuthentic(head, subjectTokens(delivery.subject).by, keys)) return;
  const ending =
    code === 'poison'
      ? endingOf('failed', 'release.invalid', 'The release of this request can not be run.')
      : endingOf('failed', 'internal.error', 'Something went wrong here. It was logged; try again.');
  await completions.publish(head, ending, { lease: AbortSignal.timeout(longestEndingMs) });
}

function readHead({ payload }: Delivery) {
  try {
    return parseEvent(requestReleased, payload).head;
  } catch {
    return undefined;
  }
}
