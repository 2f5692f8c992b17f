import { type PolicyDocument, type Rule, shownInClear } from '#contracts';
import type { ReportFault } from '../compiling/compile-rule.ts';
import { fitsGlob } from '../glob.ts';
import { checkNotifications } from './check-notifications.ts';

/** Reports names that a document uses and doesn't define, and names defined twice. */
export function checkReferences(document: PolicyDocument, report: ReportFault): void {
  const seen = new Set<string>();
  for (const [i, rule] of document.rules.entries()) {
    if (seen.has(rule.name)) report(['rules', i, 'name'], `another rule is named "${rule.name}"`);
    seen.add(rule.name);
    checkRule(rule, document, (path, message) => report(['rules', i, ...path], message));
  }
  checkApprovals(document, report);
  checkNotifications(document, report);
}

function checkRule(rule: Rule, document: PolicyDocument, report: ReportFault): void {
  const connections = Object.keys(document.connections);
  for (const [i, glob] of (rule.match.connections ?? []).entries()) {
    if (!connections.some((name) => fitsGlob(glob, name))) {
      report(['match', 'connections', i], `expected a connection: ${listed(connections)}`);
    }
  }
  for (const side of ['request', 'answer'] as const) {
    const profile = rule.mask?.[side];
    if (profile !== undefined && !Object.hasOwn(document.masking.profiles, profile)) {
      report(['mask', side], `expected a masking profile: ${listed(Object.keys(document.masking.profiles))}`);
    }
  }
  checkApprovers(rule, document, report);
  if (rule.limits !== undefined && (rule.prompt ?? rule.when ?? rule.unless) !== undefined) {
    report(
      ['limits'],
      'expected limits on a rule without prompt, when and unless: requests are counted before their text is read',
    );
  }
  if (rule.effect === 'deny' && (rule.mask ?? rule.limits) !== undefined) {
    report(
      [rule.mask === undefined ? 'limits' : 'mask'],
      'a deny rule lets nothing through that this could apply to',
    );
  }
}

function checkApprovers(rule: Rule, document: PolicyDocument, report: ReportFault): void {
  const groups = Object.keys(document.approvals.groups);
  for (const mode of ['all', 'any'] as const) {
    for (const group of Object.keys(rule.approval?.[mode] ?? {})) {
      if (!groups.includes(group))
        report(['approval', mode, group], `expected an approval group: ${listed(groups)}`);
    }
  }
  for (const [i, step] of (rule.approval?.escalate ?? []).entries()) {
    if (!groups.includes(step.to)) {
      report(['approval', 'escalate', i, 'to'], `expected an approval group: ${listed(groups)}`);
    }
  }
  const reviewed = rule.review !== undefined && rule.review !== 'never';
  if (rule.approval === undefined && (rule.effect === 'hold' || reviewed)) {
    report(
      ['effect'],
      `expected approval: with the groups that decide, because the rule ${reviewed ? 'reviews' : 'holds'}`,
    );
  }
  if (rule.approval !== undefined && rule.effect !== 'hold' && !reviewed) {
    report(['approval'], 'nothing waits for people here: expected effect: hold, or review:');
  }
}

function checkApprovals({ approvals, masking }: PolicyDocument, report: ReportFault): void {
  const groups = Object.keys(approvals.groups);
  for (const [i, step] of approvals.escalate.entries()) {
    if (!groups.includes(step.to)) {
      report(['approvals', 'escalate', i, 'to'], `expected an approval group: ${listed(groups)}`);
    }
  }
  for (const what of ['changes', 'erasures'] as const) {
    for (const mode of ['all', 'any'] as const) {
      for (const group of Object.keys(approvals[what]?.[mode] ?? {})) {
        if (!groups.includes(group)) {
          report(['approvals', what, mode, group], `expected an approval group: ${listed(groups)}`);
        }
      }
    }
  }
  const breakGlass = approvals.breakGlass?.group;
  if (breakGlass !== undefined && !groups.includes(breakGlass)) {
    report(['approvals', 'breakGlass', 'group'], `expected an approval group: ${listed(groups)}`);
  }
  const { shownAs } = approvals;
  if (shownAs !== undefined && shownAs !== shownInClear && !Object.hasOwn(masking.profiles, shownAs)) {
    const known = listed(Object.keys(masking.profiles));
    report(['approvals', 'shownAs'], `expected ${shownInClear} or a masking profile: ${known}`);
  }
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'there are none yet' : [...names].sort().join(', ');
}
