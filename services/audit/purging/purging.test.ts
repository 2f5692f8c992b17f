import { describe, expect, test } from '@jest/globals';
import { isFull, keepFrom } from './purging.ts';

const consumer = (floor: number, pending: number, unacked = 0) => ({
  ack_floor: { stream_seq: floor },
  num_pending: pending,
  num_ack_pending: unacked,
});

describe('the log is purged', () => {
  test('above 60 % of its size, and never where it has no limit', () => {
    expect(isFull({ bytes: 61, maxBytes: 100 })).toBe(true);
    expect(isFull({ bytes: 60, maxBytes: 100 })).toBe(false);
    expect(isFull({ bytes: 1e12, maxBytes: -1 })).toBe(false);
  });

  test('only below what is signed, out of the pick-up window and of no open request', () => {
    expect(keepFrom([500, 300, 400], [])).toBe(300);
  });

  test('only below what every consumer has handled: a purge removes undelivered messages too', () => {
    expect(keepFrom([500], [consumer(120, 3), consumer(480, 1)])).toBe(121);
    expect(keepFrom([500], [consumer(77, 0, 2)])).toBe(78);
  });

  test('a consumer with nothing left to do holds nothing back, however long ago its last message was', () => {
    expect(keepFrom([500], [consumer(3, 0), consumer(0, 0)])).toBe(500);
  });
});
