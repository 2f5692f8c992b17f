import { afterAll, describe, expect, test } from '@jest/globals';
import type { OpenMask } from './answer/mask.ts';
import type { Json } from './json/json.ts';
import { protocols } from './protocols.ts';
import { golden, goldenNames, goldenRoute, runStream } from './test-kit.ts';

/** A word at one string position. It starts with no hexadecimal digit, which a cut escape would take up. */
const canary = 'quail7f3z';

function catching(): { openMask: OpenMask; caught: () => number } {
  let count = 0;
  const openMask: OpenMask = (place) => {
    // No jest matcher: this is asked a hundred thousand times.
    if (place.includes(canary)) throw new Error(`a name in the place ${place}`);
    let text = '';
    return {
      push: (chunk) => {
        text += chunk;
        return '';
      },
      end: () => {
        count += text.includes(canary) ? 1 : 0;
        return text.replaceAll(canary, '[caught]');
      },
    };
  };
  return { openMask, caught: () => count };
}

/** The value with the canary in place of one string, or name, after the other. */
function* withCanary(value: Json): Generator<Json> {
  if (typeof value === 'string') yield canary;
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      for (const changed of withCanary(each)) yield value.with(index, changed);
    }
    return;
  }
  for (const [key, each] of Object.entries(value)) {
    for (const changed of withCanary(each)) yield { ...value, [key]: changed };
  }
  yield { ...value, [canary]: 1 };
  yield { ...value, [canary]: 'a text under a name that is not to be seen' };
  yield { ...value, unknown_field: { deep: [canary] } };
}

const counts = new Map<string, number>();
const count = (kind: string): void => {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
};

afterAll(() => {
  const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
  const list = [...counts].map(([kind, positions]) => `${positions} in ${kind}`).join(', ');
  process.stdout.write(`canary positions: ${total} (${list})\n`);
});

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (folder, protocol) => {
  for (const name of goldenNames(folder, 'request-')) {
    test(`a canary anywhere in ${name} is read`, () => {
      const { route } = goldenRoute(protocol, name);
      for (const changed of withCanary(JSON.parse(golden(folder, name).toString()))) {
        const reading = protocol.readRequest(Buffer.from(JSON.stringify(changed)), route);
        count('requests');
        if (reading.kind === 'reading')
          expect(reading.strings.some(({ text }) => text.includes(canary))).toBe(true);
        else expect(reading.code).toMatch(/^request\./);
      }
    });
  }

  for (const name of goldenNames(folder, 'answer-')) {
    test(`a canary anywhere in ${name} is caught`, () => {
      const { route } = goldenRoute(protocol, name);
      for (const changed of withCanary(JSON.parse(golden(folder, name).toString()))) {
        const { openMask, caught } = catching();
        const bytes = Buffer.from(JSON.stringify(changed));
        const masked = protocol.maskAnswer(bytes, route, { openMask });
        count('answers');
        expect(masked.kind).toBe('masked');
        expect(caught()).toBeGreaterThan(0);
        expect(masked.kind === 'masked' && Buffer.from(masked.bytes).includes(canary)).toBe(false);
        expect(JSON.stringify(masked)).not.toContain(canary);
      }
    });
  }

  for (const name of goldenNames(folder, 'stream-')) {
    test(`a canary anywhere in ${name} is caught`, () => {
      const { route } = goldenRoute(protocol, name);
      const source = golden(folder, name).toString();
      for (const match of source.matchAll(
        name.endsWith('.sse') ? /^data: ?(\{.*\})\r?$/gm : /^(\{.*\})$/gm,
      )) {
        const data = match[1] ?? '';
        const at = match.index + match[0].indexOf(data);
        for (const changed of withCanary(JSON.parse(data))) {
          const { openMask, caught } = catching();
          const wire = source.slice(0, at) + JSON.stringify(changed) + source.slice(at + data.length);
          const { output, end } = runStream(
            protocol.openAnswerStream(route, { openMask }),
            Buffer.from(wire),
          );
          count('streams');
          expect(output).not.toContain(canary);
          expect(JSON.stringify(end.record)).not.toContain(canary);
          // Text still held when a stream breaks is dropped unseen by anyone.
          if (end.complete) expect(caught()).toBeGreaterThan(0);
        }
      }
    });
  }
});
