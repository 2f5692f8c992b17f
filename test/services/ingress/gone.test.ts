import { describe, expect, test } from '@jest/globals';
import type { HeldEntry } from '#contracts';
import { type HeldIndex, runningEntry } from '../../../services/ingress/waiting/held-index.ts';
import { WaitingRoom } from '../../../services/ingress/waiting/waiting-room.ts';

const entry: HeldEntry = {
  ...runningEntry({
    ...{ requestId: 'req-1', fingerprint: 'f', issuer: 'i', subject: 's', subjectKey: 'k' },
    ...{ protocol: 'openai-chat', instance: 'one', bodyDigest: 'd', destination: 'parked' },
    ...{ receivedAt: 0, sinceSequence: 1 },
  }),
  state: 'parked',
};

/** A room whose index holds `now` by the time something is written there; says what was. */
function roomWith(now: HeldEntry | undefined) {
  const written: (HeldEntry | undefined)[] = [];
  const held = {
    write: async (_: string, change: (before: HeldEntry | undefined) => HeldEntry | undefined) => {
      written.push(change(now));
    },
  } as unknown as HeldIndex;
  return { room: new WaitingRoom({} as never, held, 'one', {} as never), written };
}

describe('that a client is gone', () => {
  test('is noted where it was here last', () => {
    const { room, written } = roomWith(entry);
    room.sayGone('req-1');
    expect(written).toEqual([{ ...entry, live: false }]);
  });

  test.each([
    ['it came back to another replica meanwhile', { ...entry, instance: 'two' }],
    ['the index knows nothing of it', undefined],
  ])('is not noted where %s', (_, now) => {
    const { room, written } = roomWith(now);
    room.sayGone('req-1');
    expect(written).toEqual([undefined]);
  });

  test('while the index is written leaves nobody listening to its answer', async () => {
    let leave = (): void => undefined;
    const held = {
      get: () => undefined,
      write: async () => leave(),
    } as unknown as HeldIndex;
    const listening: string[] = [];
    const bus = {
      listen: (subject: string) => {
        listening.push(subject);
        return () => undefined;
      },
      readMessage: async () => null,
    };
    const room = new WaitingRoom(bus as never, held, 'one', {} as never);
    const client = {
      onGone: (listener: () => void) => {
        leave = listener;
      },
    };
    const waiter = { client, close: () => undefined, know: () => undefined, park: () => undefined };
    await room.attach(entry, waiter as never);
    expect({ size: room.size, listening }).toEqual({ size: 0, listening: [] });
  });

  test('is not noted where it is back here by then', () => {
    const { room, written } = roomWith(entry);
    const waiter = { client: { onGone: () => undefined } };
    room.enter(entry, waiter as never);
    room.sayGone('req-1');
    expect(written).toEqual([undefined]);
  });
});
