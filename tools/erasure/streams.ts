import { bodiesStore, buckets, type ServiceName, streams } from '#contracts';
import { formsOf } from '../checks/find-markers.ts';
import type { Setting } from './setting.ts';

/** Streams that hold something of people, who may read them, and what is in them. */
const readable: readonly (readonly [user: ServiceName, stream: string, subjects: string])[] = [
  ['audit', streams.events, 'evt.>'],
  ['masking', streams.frames, 'frame.>'],
  ['audit', streams.deadLetters, 'dead.>'],
  ['ingress', `KV_${buckets.vault}`, `$KV.${buckets.vault}.>`],
  ['ingress', `KV_${buckets.held}`, `$KV.${buckets.held}.>`],
  ['ingress', `OBJ_${bodiesStore}`, `$O.${bodiesStore}.>`],
];

export interface StreamsRead {
  messages: number;
  bytes: number;
  hits: { stream: string; marker: string; form: string }[];
}

/** Reads every message as the broker hands it out: its files are encrypted, so that they alone would tell little. */
export async function readStreams(setting: Setting, markers: readonly string[]): Promise<StreamsRead> {
  const patterns = markers.flatMap(formsOf);
  const read: StreamsRead = { messages: 0, bytes: 0, hits: [] };
  for (const [user, stream, subject] of readable) {
    const bus = await setting.bus(user);
    for (let sequence = 1; ; ) {
      const message = await bus.readMessage({ sequence, subject }, stream);
      if (message === null) break;
      sequence = message.sequence + 1;
      const payload = Buffer.from(message.payload);
      read.messages += 1;
      read.bytes += payload.length;
      for (const { marker, form, bytes } of patterns) {
        if (payload.includes(bytes)) read.hits.push({ stream, marker, form });
      }
    }
  }
  return read;
}
