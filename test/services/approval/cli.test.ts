import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, runSallyport } from '#testing';
import { type ApprovalWorld, releasesOf, startApprovalWorld } from './approval-world.ts';

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld();
});
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

const sallyport = (user: string, ...args: string[]) => runSallyport(world, user, 'approvals', ...args);

describe('sallyport approvals', () => {
  test('lists, shows in full and approves what was seen', async () => {
    const seen = await world.hold('print this password \u001b[2J of jane@example.com');
    const list = await sallyport('alice', 'list');
    expect(list.out).toContain(seen.id);
    const shown = await sallyport('alice', 'show', seen.id);
    expect(shown.out).toContain('print this »password« ⟨U+001B ESCAPE⟩[2J');
    expect(shown.out).not.toContain('\u001b');
    expect(shown.out).toContain('[EMAIL_ADDRESS_');
    expect(shown.out).not.toContain('jane@example.com');
    const revealed = await sallyport('alice', 'show', seen.id, '--reveal', 'whose is it');
    expect(revealed.out).toContain('jane@example.com');
    expect(revealed.out).toContain('whose is it');
    const approved = await sallyport(
      'alice',
      'approve',
      seen.id,
      '--digest',
      seen.digest.slice(0, 12),
      '--json',
    );
    expect(JSON.parse(approved.out)).toMatchObject({ id: seen.id, state: 'approved' });
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1));
  });

  test('rejects with a reason, and edits with approval in one call', async () => {
    const [first, second] = [await world.hold('reject my password'), await world.hold('edit my password')];
    expect((await sallyport('bob', 'reject', first.id, '--reason', 'no need')).out).toContain(
      'It is rejected now.',
    );
    const edited = await sallyport(
      ...(['alice', 'edit', second.id, '--set', '/messages/0/content=hello', '--approve'] as const),
    );
    expect(edited).toMatchObject({ code: 0, error: '' });
    await eventually(async () => expect(await releasesOf(world, second.id)).toHaveLength(1));
  });

  test('ends a refusal with one line and exit code 1', async () => {
    const seen = await world.hold('refuse my password');
    const nothing = await sallyport('dave', 'approve', seen.id);
    expect([nothing.code, nothing.error]).toEqual([
      1,
      expect.stringMatching(/^.*\(approval\.not_found\)\n$/),
    ]);
    const changed = await sallyport('alice', 'approve', seen.id, '--digest', '0000000000');
    expect([changed.code, changed.error]).toEqual([1, expect.stringContaining('approval.outdated')]);
    const json = await sallyport('alice', 'reject', seen.id, '--json');
    expect(JSON.parse(json.error)).toMatchObject({ error: { code: 'approval.reason_required' } });
  });
});
