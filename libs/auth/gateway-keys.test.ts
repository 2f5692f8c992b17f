import { describe, expect, test } from '@jest/globals';
import type { GatewayKeyEntry } from '#contracts';
import { GatewayKeyRing, gatewayKeyOf, isGatewayKey } from './gateway-keys.ts';

const random = (seed: number) => Uint8Array.from({ length: 40 }, (_, k) => (k * 7 + seed) % 256);
const made = gatewayKeyOf(random(1));
const entry: GatewayKeyEntry = {
  id: made.id,
  digest: made.digest,
  principal: {
    kind: 'key',
    issuer: 'https://id.example.org',
    subject: 'carol',
    groups: ['contractors'],
    client: made.id,
  },
  connections: ['demo'],
  by: 'erin',
  createdAt: 1000,
  expiresAt: 2000,
};

function ringOf(...entries: GatewayKeyEntry[]): GatewayKeyRing {
  const ring = new GatewayKeyRing();
  ring.enabled = true;
  for (const each of entries) ring.put(each);
  return ring;
}

test('a key names itself by its id and holds nothing of its digest', () => {
  expect(made.key).toMatch(/^sp_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
  expect(made.id).toBe(`key-${made.key.slice(3, 19)}`);
  expect(JSON.stringify(entry)).not.toContain(made.key.slice(20));
  expect([made.key, 'eyJhbGciOi', 'Bearer'].map(isGatewayKey)).toEqual([true, false, false]);
});

describe('a ring of keys', () => {
  test('knows a key until it expires', () => {
    expect(ringOf(entry).verify(made.key, 1999)).toEqual({
      principal: entry.principal,
      connections: ['demo'],
    });
    expect(() => ringOf(entry).verify(made.key, 2000)).toThrow(
      expect.objectContaining({ code: 'token.expired' }),
    );
  });

  test.each([
    ['another secret under a known id', `${made.key.slice(0, 20)}${'A'.repeat(43)}`],
    ['an unknown id', gatewayKeyOf(random(2)).key],
    ['a key that is cut short', made.key.slice(0, -1)],
    ['a key with something after it', `${made.key}x`],
    ['nothing but the prefix', 'sp_'],
  ])('refuses %s', (_, key) => {
    expect(() => ringOf(entry).verify(key, 1500)).toThrow(expect.objectContaining({ code: 'token.invalid' }));
  });

  test('refuses every key while keys are switched off, and one that was removed', () => {
    const ring = ringOf(entry);
    ring.enabled = false;
    expect(() => ring.verify(made.key, 1500)).toThrow(expect.objectContaining({ code: 'token.invalid' }));
    ring.enabled = true;
    ring.remove(made.id);
    expect(() => ring.verify(made.key, 1500)).toThrow(expect.objectContaining({ code: 'token.invalid' }));
  });
});
