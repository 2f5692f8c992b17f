import { type PolicyDocument, shownInClear } from '#contracts';
import type { ReportFault } from '../compiling/compile-rule.ts';

const unmaskable = 'expected none or full: by approvals.shownAs approvers see content in clear';

/** Finds what in the channels of `approvals` can't work: groups, profiles and names that aren't there. */
export function checkNotifications({ approvals }: PolicyDocument, report: ReportFault): void {
  const { groups, email, webhooks, shownAs } = approvals;
  const known = Object.keys(groups);
  for (const [name, { addresses, notify }] of Object.entries(groups)) {
    const path = ['approvals', 'groups', name];
    if (addresses && !email) report([...path, 'addresses'], 'expected approvals.email, which sends to them');
    if (notify && !addresses) report([...path, 'notify'], 'expected addresses that hear of it');
  }
  const isClear = shownAs === shownInClear;
  if (email?.content === 'masked' && isClear) {
    report(['approvals', 'email', 'content'], unmaskable);
  }
  for (const [i, webhook] of webhooks.entries()) {
    const path = ['approvals', 'webhooks', i];
    if (webhook.name === 'email' || webhooks.findIndex(({ name }) => name === webhook.name) !== i) {
      report([...path, 'name'], 'expected a name that no other channel has');
    }
    for (const group of webhook.groups ?? []) {
      if (!known.includes(group)) {
        report([...path, 'groups'], `expected approval groups: ${known.sort().join(', ')}`);
      }
    }
    if (webhook.content === 'masked' && isClear) {
      report([...path, 'content'], unmaskable);
    }
  }
}
