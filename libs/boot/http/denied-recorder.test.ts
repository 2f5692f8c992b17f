import { expect, test } from '@jest/globals';
import { accessDenied, decodeEnvelope } from '#contracts';
import type { Bus } from '#messaging';
import type { Logger } from '#telemetry';
import { DeniedRecorder } from './denied-recorder.ts';

test('who was turned away and is gone by then is recorded, from an unknown address', async () => {
  const recorded: unknown[] = [];
  const bus = {
    publish: async (_: string, payload: Uint8Array) => void recorded.push(decodeEnvelope(payload).head),
  };
  const warned: unknown[] = [];
  const logger = { warn: (what: unknown) => warned.push(what) };
  const recorder = new DeniedRecorder(bus as unknown as Bus, 'ingress', logger as unknown as Logger);
  recorder.record('token.missing', undefined, undefined, 'POST /v1/*');
  await recorder.close();
  expect(accessDenied.schema.parse(recorded[0])).toMatchObject({ address: 'unknown', count: 1 });
  expect({ recorded: recorded.length, warned }).toEqual({ recorded: 1, warned: [] });
});
