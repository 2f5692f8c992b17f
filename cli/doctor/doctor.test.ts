import { describe, expect, test } from '@jest/globals';
import { serviceNames } from '#contracts';
import { startWorld } from '#testing';
import { checkPermissions, covers, forbiddenTo } from './permissions.ts';
import { checkSecretFiles } from './secrets.ts';

describe('an allow-list', () => {
  test.each([
    [['evt.a.v1'], 'evt.a.v1', true],
    [['evt.*.v1'], 'evt.a.v1', true],
    [['evt.*.v1'], 'evt.a.b.v1', false],
    [['evt.>'], 'evt.a.b.v1', true],
    [['evt.a'], 'evt', false],
  ])('%j covers %s: %s', (allowed, subject, wanted) => expect(covers(allowed, subject)).toBe(wanted));

  test('leaves every service things it must not do, releases of the other kind among them', () => {
    for (const service of serviceNames) expect(forbiddenTo(service).length).toBeGreaterThan(5);
    expect(forbiddenTo('approval').join()).toContain('request.released.v1.doctor');
  });
});

describe('on a running system', () => {
  test('every forbidden publication is refused, and secrets are for their owner only', async () => {
    const world = await startWorld({ postgres: false });
    try {
      const around = { stateDir: world.dir, natsUrl: world.natsUrl, issuer: '', configPath: '' };
      const findings = [...(await checkPermissions(around)), ...(await checkSecretFiles(around))];
      expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
      expect(findings).toHaveLength(serviceNames.length + 1);
    } finally {
      await world.stop();
    }
  });
});
