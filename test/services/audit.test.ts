import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { type AuditWorld, Play, startAuditWorld } from './audit-world.ts';

let audit: AuditWorld;
beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startService('audit');
});
afterAll(() => audit.stop());

describe('an allowed request', () => {
  test('is shown from door to door, with what was asked and answered', async () => {
    const play = new Play(audit, 'dave', '{"messages":[{"role":"user","content":"hello"}]}');
    await play.allowed();
    const shown = await eventually(async () => {
      const detail = await audit.show('alice', play.id);
      expect(detail.outcome).toBe('answered');
      return detail;
    });
    expect(shown.requester).toMatchObject({
      subject: 'dave',
      email: 'dave@example.test',
      groups: ['platform'],
    });
    expect(shown.versions[0]?.content).toEqual({
      state: 'shown',
      text: '{"messages":[{"role":"user","content":"hello"}]}',
    });
  });
});
