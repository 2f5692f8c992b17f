import { canonicalJson, type PolicyChange } from '#contracts';

const maxChanges = 1000;

type Node = unknown;
type Members = Record<string, Node>;

/**
 * What differs between two documents, at the deepest place. Items of a list that have a name (rules, webhooks) are
 * compared by it, wherever they stand; other lists as a whole. At most 1,000 changes. Pure.
 */
export function differences(before: Node, after: Node): PolicyChange[] {
  const changes: PolicyChange[] = [];
  compare(before, after, '', changes);
  return changes.slice(0, maxChanges);
}

function compare(before: Node, after: Node, path: string, changes: PolicyChange[]): void {
  if (changes.length >= maxChanges || same(before, after)) return;
  if (before === undefined) changes.push({ path, kind: 'added', after });
  else if (after === undefined) changes.push({ path, kind: 'removed', before });
  else {
    const [a, b] = [membersOf(before), membersOf(after)];
    if (!a || !b) {
      changes.push({ path, kind: 'changed', before, after });
      return;
    }
    for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      compare(memberOf(a, key), memberOf(b, key), `${path}/${escaped(key)}`, changes);
    }
  }
}

const same = (a: Node, b: Node): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));

const memberOf = (members: Members, key: string): Node =>
  Object.hasOwn(members, key) ? members[key] : undefined;

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** The members of an object, or the items of a list by their names. */
function membersOf(value: Node): Members | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return value as Members;
  const names = value.map((item) => (item as { name?: unknown } | null)?.name);
  if (!names.every((name) => typeof name === 'string') || new Set(names).size !== names.length)
    return undefined;
  return Object.fromEntries(value.map((item, i) => [names[i] as string, item]));
}
