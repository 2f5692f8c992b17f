import { randomBytes } from 'node:crypto';
import { openDataSource, UnitOfWork } from '#database';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { ApprovalRequest } from '../../services/approval/approval-request.entity.ts';
import { Judging } from '../../services/approval/deciding/judging.ts';
import { People } from '../../services/approval/forgetting/people.ts';
import { deadlineBatch, expireMany } from '../../services/approval/waiting/expire-many.ts';
import { type Figures, figuresOf, timed } from './figures.ts';
import type { Approvals } from './world.ts';

const rounds = 60;
const filteredRounds = 5;
/** What fits nearly all that waits, and what fits none of it. */
const filters = [
  ...[
    'group=security',
    'group=nobody',
    'connection=demo',
    'connection=other',
    'gate=prompt',
    'gate=response',
  ],
  ...['rule=sensitive-words', 'rule=other', 'requester=carol', 'requester=nobody'],
  ...['state=all', 'state=pending', 'state=done'],
];
const fillBatch = 5000;

/** Lists, votes and lets the clock run with many requests pending. */
export async function measurePending(world: Approvals, pending: number): Promise<Record<string, Figures>> {
  const template = await world.hold(`a password to copy ${randomBytes(8).toString('hex')}`);
  for (let from = 0; from < pending; from += fillBatch) {
    await fillWith(world, template.id, Math.min(fillBatch, pending - from));
  }
  const { rows } = await world.database.query(
    `select count(*)::int as count from approval_request where state = 'pending'`,
  );
  if (rows[0].count < pending) throw new Error(`only ${rows[0].count} pending`);
  // As autovacuum does within a minute of such a change.
  await world.database.query('analyze approval_request, approval_version, approval_note, approval_vote');
  const lists: Record<string, Figures> = {};
  for (const sort of ['oldest', 'newest', 'expiring']) {
    lists[`list, ${sort} first, page after page`] = figuresOf(
      await listTimes(world, `sort=${sort}&limit=50`, rounds),
    );
  }
  lists[`list, each sort with each of ${filters.length} filters, page after page`] = figuresOf(
    await filteredTimes(world),
  );
  const votes = await voteTimes(world);
  const expired = Math.min(pending / 2, 5000);
  const sweeps = await sweepTimes(world, expired);
  const all = await sweepAll(world, expired);
  const passed = Math.min(pending / 4, 1000);
  const late = await sweepLate(world, passed);
  return {
    ...lists,
    vote: figuresOf(votes),
    [`expiry sweep, one transaction of ${deadlineBatch}`]: figuresOf(sweeps),
    [`expiry of ${expired}, until all are ended and told`]: figuresOf([all]),
    [`expiry of ${passed} that passed while approval was away, from its start`]: figuresOf([late]),
    'statistics, counted': figuresOf([await timed(() => world.stats())]),
    'statistics, again': figuresOf([await timed(() => world.stats())]),
  };
}

const fill = `
  with copies as (select id, sealed from unnest($2::text[], $3::bytea[]) as copy (id, sealed)
  ), made as (
    insert into approval_request select (jsonb_populate_record(one, jsonb_build_object(
      'id', copies.id, 'request_id', copies.id, 'card', md5(copies.id),
      'requested_at', one.requested_at - random() * interval '10 hours',
      'expires_at', one.expires_at + random() * interval '10 hours'))).*
    from approval_request one, copies where one.id = $1 returning id
  ), versions as (
    insert into approval_version
    select copies.id, version, digest, bytes, copies.sealed, stored, editor, at
    from approval_version, copies where approval_id = $1
  )
  insert into approval_note (approval_id, kind, version, at) select id, 'requested', 1, now() from made`;

/** Copies of one held request, each with its own id, card and sealed content, waiting since and until other times. */
async function fillWith(world: Approvals, template: string, count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => `req-${randomBytes(16).toString('hex')}`);
  const { rows } = await world.database.query<{ key: string }>(
    'select subject_key as key from approval_request where id = $1',
    [template],
  );
  const key = rows[0]?.key ?? '';
  const body = Buffer.from(
    JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'a password' }] }),
  );
  const sealed = await Promise.all(ids.map((id) => world.sealer.seal(key, contentLabel(id, 'body:1'), body)));
  // A foreign key is checked row by row at the end of the statement: the parents are there by then.
  await world.database.query(fill, [template, ids, sealed]);
}

async function filteredTimes(world: Approvals): Promise<number[]> {
  const times: number[] = [];
  for (const sort of ['oldest', 'newest', 'expiring']) {
    for (const filter of filters) {
      times.push(...(await listTimes(world, `sort=${sort}&limit=50&${filter}`, filteredRounds)));
    }
  }
  return times;
}

async function listTimes(world: Approvals, query: string, pages: number): Promise<number[]> {
  const times: number[] = [];
  let cursor = '';
  for (let k = 0; k < pages; k++) {
    let next: string | undefined;
    times.push(
      await timed(async () => {
        ({ next } = await world.list(`${query}${cursor}`));
      }),
    );
    cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
  }
  return times;
}

async function voteTimes(world: Approvals): Promise<number[]> {
  const { items } = await world.list('sort=newest&limit=200');
  const times: number[] = [];
  for (const item of items.slice(0, rounds)) times.push(await timed(() => world.vote(item, 'reject')));
  return times;
}

/** Lets `count` requests run out now. */
async function runOut(world: Approvals, count: number): Promise<void> {
  await world.database.query(
    `update approval_request set expires_at = now() where id in (
       select id from approval_request where state = 'pending' order by expires_at limit $1)`,
    [count],
  );
}

/** The sweep's own code, transaction by transaction, while the service is away. */
async function sweepTimes(world: Approvals, count: number): Promise<number[]> {
  await world.stopApproval();
  const source = await openDataSource({
    ...{ url: world.databaseUrl, schema: 'approval', entities: [ApprovalRequest], migrations: [] },
  });
  const unit = new UnitOfWork(source, 'approval');
  // Judging what ran out asks for neither configuration nor settings.
  const none = undefined as never;
  const judging = new Judging(none, none, new People(none));
  const times: number[] = [];
  try {
    await runOut(world, count);
    for (let done = -1; done !== 0; ) {
      const at = Date.now();
      const sweep = unit.inTransaction((transaction) =>
        expireMany(transaction, judging, { at, limit: deadlineBatch }),
      );
      times.push(await timed(() => sweep));
      done = await sweep;
    }
  } finally {
    await source.destroy();
    await world.startApproval();
  }
  return times.slice(0, -1);
}

/** The same by the service, until everything is ended and everybody was told. */
async function sweepAll(world: Approvals, count: number): Promise<number> {
  await runOut(world, count);
  return timed(() => untilSwept(world));
}

/** What ran out while the service was away, from the start of its process. */
async function sweepLate(world: Approvals, count: number): Promise<number> {
  await world.stopApproval();
  await runOut(world, count);
  return timed(() => Promise.all([world.startApproval(), untilSwept(world)]));
}

function untilSwept(world: Approvals): Promise<void> {
  const left = async (): Promise<void> => {
    const { rows } = await world.database.query(
      `select exists(select 1 from approval_request
           where state in ('pending', 'rechecking') and expires_at <= now())
         or exists(select 1 from outbox where sent_at is null) as some`,
    );
    if (rows[0].some) throw new Error('some still wait');
  };
  return eventually(left, { timeoutMs: 600_000, everyMs: 50 });
}
