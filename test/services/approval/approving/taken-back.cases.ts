import { describe, expect, test } from '@jest/globals';
import { RunEntry, requestCompleted } from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { codeOf, complete } from '../approval-world.ts';
import { post, release, world } from './one-world.ts';

describe('taking an approval back', () => {
  test('works until it runs, and the release is not run then', async () => {
    const seen = await world.hold('revoke this password');
    await world.vote('alice', seen, 'approve');
    await release(seen.id);
    const { status, body } = await post('bob', seen.id, 'revoke', { reason: 'wait' });
    expect([status, body.state]).toEqual([200, 'revoked']);
    const entry = await (await world.masking.bucket('runs')).get(`${seen.id}.prompt.1`);
    expect(RunEntry.parse(entry?.json()).state).toBe('revoked');
    expect((await world.completion(seen.id)).head).toMatchObject({ outcome: 'rejected', tail: 'reason' });
  });

  test('is refused once it runs; stopping is not', async () => {
    const seen = await world.hold('run this password');
    await world.vote('alice', seen, 'approve');
    await world.claim(seen.id);
    expect(codeOf(await post('bob', seen.id, 'revoke', { reason: 'wait' }))).toEqual([
      ...[409, 'approval.already_decided'],
    ]);
    await world.until(seen.id, 'running');
    expect((await post('bob', seen.id, 'stop', { reason: 'too long' })).body.state).toBe('stopped');
    // Nobody's lease lasts, so nobody else would say so.
    expect((await world.completion(seen.id)).head).toMatchObject({ outcome: 'rejected', tail: 'reason' });
  });

  test('takes nothing back where the ending comes first', async () => {
    const seen = await world.hold('a password whose answer comes first');
    await world.vote('alice', seen, 'approve');
    await world.claim(seen.id, 1, Date.now() + 120_000);
    await world.until(seen.id, 'running');
    await world.database.query('begin');
    await world.database.query('select 1 from approval_request where id = $1 for update', [seen.id]);
    const stopping = post('bob', seen.id, 'stop', { reason: 'too late' });
    await eventually(async () => {
      const { rows } = await world.database.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock'`,
      );
      expect(rows).not.toEqual([]);
    });
    await world.database.query(`update approval_request set state = 'done' where id = $1`, [seen.id]);
    await world.database.query('commit');
    expect(codeOf(await stopping)).toEqual([409, 'approval.already_decided']);
    const entry = await (await world.masking.bucket('runs')).get(`${seen.id}.prompt.1`);
    expect(RunEntry.parse(entry?.json()).state).toBe('claimed');
  });

  test('leaves the ending to the one who runs it, and takes the first one in the log', async () => {
    const seen = await world.hold('stop this password late');
    await world.vote('alice', seen, 'approve');
    await world.claim(seen.id, 1, Date.now() + 120_000);
    await world.until(seen.id, 'running');
    const stopped = await post('bob', seen.id, 'stop', { reason: 'too late' });
    expect(stopped.body.state).toBe('stopped');
    const entry = await (await world.masking.bucket('runs')).get(`${seen.id}.prompt.1`);
    const { state, reason = '', claimedBy } = RunEntry.parse(entry?.json());
    expect([state, claimedBy]).toEqual(['revoked', 'masking-1']);
    const { rows } = await world.database.query(
      'select subject_key as key from approval_request where id = $1',
      [seen.id],
    );
    const label = contentLabel(seen.id, 'reason');
    const opened = await world.sealer.open(rows[0].key, label, Buffer.from(reason, 'base64'));
    expect(JSON.parse(opened.toString())).toEqual({ reason: 'too late' });
    expect(await world.events(requestCompleted, seen.id)).toEqual([]);
    await complete(world, seen.id, 'answered');
    await world.until(seen.id, 'done');
    expect(await world.events(requestCompleted, seen.id)).toHaveLength(1);
  });
});
