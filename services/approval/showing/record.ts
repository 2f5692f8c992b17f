import type { DeliveryView, Principal } from '#contracts';
import type { UnitOfWork } from '#database';
import type { NoteKind } from '../approval-note.entity.ts';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import type { Facts } from '../deciding/look.ts';
import { deliveryView } from '../notifying/delivering/delivery-view.ts';
import type { ApprovalVersion } from './approval-version.entity.ts';

const maxLines = 1000;
const maxDeliveries = 200;

/** One line of the history; what was said is sealed. */
export interface RecordedLine {
  kind: NoteKind;
  version: number;
  at: number;
  actor: Principal | null;
  what: string | null;
  sealed: Buffer | null;
}

/** All that is shown of a request besides its row. */
export interface Recorded {
  /** Identical requests on its card that wait. */
  followers: number;
  /** On the version in hand. */
  votes: Facts['votes'];
  /** Where the version in hand is; null where it isn't kept. */
  content: Pick<ApprovalVersion, 'version' | 'sealed' | 'stored'> | null;
  /** Oldest first, at most 1,000. */
  history: RecordedLine[];
  /** The latest 200, oldest first. */
  notifications: DeliveryView[];
}

const ms = (column: string): string => `floor(extract(epoch from ${column}) * 1000)`;

const query = `select version.version, version.sealed, version.stored,
  (select count(*)::int from approval_request other
   where other.card_of = $1 and other.state in ('pending', 'rechecking')) as followers,
  (select coalesce(jsonb_agg(jsonb_build_object('approver', vote.approver, 'vote', vote.vote)), '[]')
   from approval_vote vote where vote.approval_id = $1 and vote.version = $2) as votes,
  (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'version', line.version, 'at', ${ms('at')},
     'actor', actor, 'what', what, 'sealed', encode(line.sealed, 'base64')) order by id), '[]')
   from (select * from approval_note where approval_id = $1 order by id limit ${maxLines}) line) as history,
  (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'approvalId', approval_id, 'kind', kind, 'channel', channel,
     'audience', audience, 'state', state, 'attempts', attempts, 'at', ${ms('at')}, 'nextAt', ${ms('next_at')},
     'endedAt', ${ms('ended_at')}, 'lastError', last_error) order by id), '[]')
   from (select * from delivery where approval_id = $1 order by id desc limit ${maxDeliveries}) sent) as notifications
  from (select 1) one left join approval_version version on version.approval_id = $1 and version.version = $2`;

/**
 * Reads all of it in one round trip: people wait for it, and what they decided is on its way to the model meanwhile. Throws
 * `MissingDependencyError` where the database is away.
 */
export async function recordedOf(
  unit: UnitOfWork,
  { id, version }: Pick<ApprovalRequest, 'id' | 'version'>,
): Promise<Recorded> {
  const [found] = (await unit.look(query, [id, version])) as unknown as Found[];
  if (!found) throw new Error(`${id}: nothing read`);
  const { followers, votes, sealed, stored } = found;
  return {
    ...{ followers, votes },
    content: found.version === null ? null : { version: found.version, sealed, stored },
    history: found.history.map((line) => ({
      ...line,
      sealed: line.sealed === null ? null : Buffer.from(line.sealed, 'base64'),
    })),
    notifications: found.notifications.map(deliveryView),
  };
}

interface Found extends Pick<Recorded, 'followers' | 'votes'> {
  version: number | null;
  sealed: Buffer | null;
  stored: string | null;
  history: (Omit<RecordedLine, 'sealed'> & { sealed: string | null })[];
  notifications: Parameters<typeof deliveryView>[0][];
}
