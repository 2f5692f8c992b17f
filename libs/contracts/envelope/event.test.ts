import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { defineEvent, type EventDefinition, events } from '../index.ts';

const plain = defineEvent({ name: 'a.b', schema: z.object({}) });
const routed = defineEvent({ name: 'c.d', live: true, tokens: ['by', 'connection'], schema: z.object({}) });

describe('a subject', () => {
  test('is made of the event’s name, its version and its tokens', () => {
    expect(plain.subject()).toBe('evt.a.b.v1');
    expect(routed.subject('rule', 'demo')).toBe('evt.live.c.d.v1.rule.demo');
  });

  test('takes as many tokens as the event has', () => {
    expect(() => plain.subject('x')).toThrow(RangeError);
    expect(() => routed.subject('rule')).toThrow(RangeError);
    expect(() => routed.subject('rule', 'demo', 'x')).toThrow(RangeError);
  });

  test('takes no token that could mean another subject', () => {
    const foreign = fc.string().filter((text) => !/^[a-z0-9-]{1,40}$/.test(text));
    fc.assert(
      fc.property(foreign, (text) => {
        expect(() => routed.subject('rule', text)).toThrow(RangeError);
      }),
    );
    for (const text of ['*', '>', 'a.b', '', 'A', 'a\n', 'x'.repeat(41)])
      expect(() => routed.subject(text, 'demo')).toThrow(RangeError);
  });
});

describe('a filter', () => {
  test('takes in every token that is not named', () => {
    expect(routed.filter()).toBe('evt.live.c.d.v1.*.*');
    expect(routed.filter('people')).toBe('evt.live.c.d.v1.people.*');
    expect(plain.filter()).toBe('evt.a.b.v1');
  });

  test('of a live listener is the republished subject, which only live events have', () => {
    expect(routed.liveFilter('rule')).toBe('live.c.d.v1.rule.*');
    expect(() => plain.liveFilter()).toThrow(RangeError);
  });
});

test('no two events share a name or a subject', () => {
  const definitions: readonly EventDefinition[] = events;
  expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  expect(new Set(definitions.map(({ prefix }) => prefix)).size).toBe(definitions.length);
});
