import { type Approvals, groupKinds, type Principal, samePrincipal } from '#contracts';
import type { ApprovalRequest } from '../../approval-request.entity.ts';
import type { Notice } from './notice.ts';

/** One receiver of a notice. */
export interface Receiver {
  /** `email`, or the name of a webhook. */
  channel: string;
  /** `group:NAME`, `requester` or `voter`; `webhook` for a webhook. */
  audience: string;
  address?: string;
}

type Row = Pick<ApprovalRequest, 'groups' | 'context' | 'editor'>;

/** A plain address and nothing else: no name, no list, no line break. */
const plainAddress = /^[^\s\p{Cc}<>()[\],;:\\"@]{1,64}@[A-Za-z0-9.-]{1,253}$/u;

/** Whether a text, such as a token's e-mail claim, is one plain address. */
export function isAddress(text: string | undefined): text is string {
  return text !== undefined && plainAddress.test(text);
}

/** Who hears of a notice under the configuration in force. `voters`: whose votes an edit made void. */
export function audienceOf(
  notice: Notice,
  row: Row,
  approvals: Approvals,
  voters: readonly Principal[],
): Receiver[] {
  const groups = groupsOf(notice, row);
  const hooks = approvals.webhooks.filter(
    (hook) =>
      (hook.kinds?.includes(notice.kind) ?? true) &&
      (hook.groups?.some((group) => groups.includes(group)) ?? true),
  );
  return [
    ...hooks.map(({ name }) => ({ channel: name, audience: 'webhook' })),
    ...mailsOf(notice, row, approvals, voters),
  ];
}

function groupsOf({ kind, what }: Notice, { groups }: Row): readonly string[] {
  return kind === 'escalated' && what !== null ? [what] : groups;
}

function mailsOf(
  notice: Notice,
  row: Row,
  { email, groups }: Approvals,
  voters: readonly Principal[],
): Receiver[] {
  if (!email) return [];
  const receivers = new Map<string, Receiver>();
  const add = (audience: string, address: string | undefined): void => {
    if (!isAddress(address) || receivers.has(address)) return;
    receivers.set(address, { channel: 'email', audience, address });
  };
  for (const name of groupsOf(notice, row)) {
    const group = groups[name];
    if (!(group?.notify ?? groupKinds).includes(notice.kind)) continue;
    for (const address of group?.addresses ?? []) add(`group:${name}`, address);
  }
  if (email.people) {
    const { principal } = row.context;
    if (notice.kind === 'decided' && notice.what !== 'cancelled') add('requester', personal(principal));
    if (notice.kind === 'edited') {
      for (const voter of voters) {
        if (!row.editor || !samePrincipal(voter, row.editor)) add('voter', personal(voter));
      }
    }
  }
  return [...receivers.values()];
}

const personal = ({ kind, email }: Principal): string | undefined => (kind === 'person' ? email : undefined);
