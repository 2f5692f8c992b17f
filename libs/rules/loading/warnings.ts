import type { PolicyDocument, Rule } from '#contracts';
import type { CompiledPolicy } from '../compiling/policy.ts';
import { fitsGlob } from '../glob.ts';
import type { DocumentPath } from './source-map.ts';

/** Something that is allowed and probably not meant. */
export interface ConfigWarning {
  readonly code:
    | 'group.unreached'
    | 'rule.never_matches'
    | 'model.listed_twice'
    | 'rule.shadowed_allow'
    | 'approval.nobody';
  readonly path: DocumentPath;
  readonly message: string;
}

/** Groups that no allow rule reaches, rules that can never match, models listed twice, approvals that nobody can give. */
export function configWarnings({ document }: Pick<CompiledPolicy, 'document'>): ConfigWarning[] {
  return [
    ...unreachedGroups(document),
    ...deadRules(document),
    ...modelsListedTwice(document),
    ...nobodyApproves(document),
  ];
}

/** Groups that rules or the identity mapping name, and that no enforced rule lets through. */
function* unreachedGroups({ rules, identity }: PolicyDocument): Generator<ConfigWarning> {
  const letting = rules.filter(({ effect, mode }) => effect !== 'deny' && mode === 'enforce');
  if (letting.some(({ match }) => match.groups === undefined)) return;
  const reached = (group: string) =>
    letting.some(({ match }) => match.groups!.some((glob) => fitsGlob(glob, group)));
  const told = new Set<string>();
  for (const [path, group] of namedGroups(rules, identity)) {
    if (told.has(group) || group.includes('*') || reached(group)) continue;
    told.add(group);
    yield { code: 'group.unreached', path, message: `no rule allows anything to the group "${group}"` };
  }
}

function* namedGroups(
  rules: readonly Rule[],
  identity: PolicyDocument['identity'],
): Generator<[DocumentPath, string]> {
  for (const [i, { match }] of rules.entries()) {
    for (const [j, group] of (match.groups ?? []).entries())
      yield [['rules', i, 'match', 'groups', j], group];
  }
  for (const [i, { groups }] of identity.issuers.entries()) {
    for (const [from, group] of Object.entries(groups.map ?? {})) {
      yield [['identity', 'issuers', i, 'groups', 'map', from], group];
    }
  }
}

function* deadRules({ rules, connections }: PolicyDocument): Generator<ConfigWarning> {
  for (const [i, rule] of rules.entries()) {
    const because = whyDead(rule, connections);
    if (because === undefined) continue;
    yield {
      code: 'rule.never_matches',
      path: ['rules', i],
      message: `the rule "${rule.name}" never matches: ${because}`,
    };
  }
  yield* coveredRules(rules);
}

function whyDead({ match }: Rule, connections: PolicyDocument['connections']): string | undefined {
  const reachable = Object.entries(connections).filter(
    ([name, { enabled }]) => enabled && (match.connections?.some((glob) => fitsGlob(glob, name)) ?? true),
  );
  if (reachable.length === 0) return 'its connections are disabled';
  const { models } = match;
  if (models !== undefined) {
    const offered = reachable.flatMap(([, { models: listed, aliases }]) => [
      ...(listed ?? []),
      ...Object.entries(aliases ?? {}).flat(),
    ]);
    const possible = models.some((glob) => offered.some((name) => globsMeet(glob, name)));
    if (!possible) return 'its connections list none of its models';
  }
  if (match.times?.every(({ from, to }) => from === to)) return 'its hours are empty';
  return undefined;
}

/** Where either is a pattern they may meet; only two plain names can be told apart for sure. */
function globsMeet(a: string, b: string): boolean {
  return a.includes('*') && b.includes('*') ? true : fitsGlob(a, b) || fitsGlob(b, a);
}

/** An allow or hold rule below a deny rule without conditions that covers the same callers. */
function* coveredRules(rules: readonly Rule[]): Generator<ConfigWarning> {
  const blanket = rules.filter(
    ({ effect, mode, prompt, when, unless }) =>
      effect === 'deny' &&
      mode === 'enforce' &&
      prompt === undefined &&
      when === undefined &&
      unless === undefined,
  );
  for (const [i, rule] of rules.entries()) {
    if (rule.effect === 'deny') continue;
    const over = blanket.find((deny) => covers(deny, rule));
    if (over === undefined) continue;
    const message = `the rule "${rule.name}" never decides: "${over.name}" denies everything it is about`;
    yield { code: 'rule.shadowed_allow', path: ['rules', i], message };
  }
}

function covers(wide: Rule, narrow: Rule): boolean {
  if (wide.match.times !== undefined) return false;
  const fields = ['connections', 'models', 'groups', 'users', 'clients', 'operations'] as const;
  return fields.every((field) => {
    const globs = wide.match[field];
    if (globs === undefined) return true;
    return (
      narrow.match[field]?.every((value) => globs.some((glob) => glob === value || fitsGlob(glob, value))) ??
      false
    );
  });
}

function* modelsListedTwice({ connections }: PolicyDocument): Generator<ConfigWarning> {
  const owners = new Map<string, string>();
  for (const [name, { models, aliases, enabled }] of Object.entries(connections).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (!enabled) continue;
    for (const model of new Set([...(models ?? []), ...Object.keys(aliases ?? {})])) {
      const owner = owners.get(model);
      if (owner === undefined) owners.set(model, name);
      else {
        const message = `"${model}" is listed by "${owner}" as well; requests that name no connection go there`;
        yield { code: 'model.listed_twice', path: ['connections', name], message };
      }
    }
  }
}

/** Approvals whose groups the role `approver` keeps from voting. Groups with named members may well have it. */
function* nobodyApproves({ rules, approvals, roles }: PolicyDocument): Generator<ConfigWarning> {
  const voters = new Set(roles.approver ?? []);
  const isMute = (name: string): boolean => {
    const group = approvals.groups[name];
    return group?.claim !== undefined && group.members === undefined && !voters.has(group.claim);
  };
  const asked: [DocumentPath, Rule['approval']][] = rules.map(({ approval }, i) => [
    ['rules', i, 'approval'],
    approval,
  ]);
  asked.push([['approvals', 'changes'], approvals.changes]);
  for (const [path, approval] of asked) {
    if (!approval) continue;
    const groups = Object.keys(approval.all ?? approval.any ?? {});
    const mute = groups.filter(isMute);
    const isStuck = approval.all ? mute.length > 0 : mute.length === groups.length;
    if (!isStuck) continue;
    const message = `nobody can agree to this: ${mute.join(', ')} ${mute.length > 1 ? 'have' : 'has'} not the role approver`;
    yield { code: 'approval.nobody', path, message };
  }
}
