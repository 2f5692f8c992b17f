import type { ContentItem, ContentPart } from '#contracts';

/** What a part is called. */
export function partName({ kind, index, role }: ContentPart): string {
  switch (kind) {
    case 'turn':
      return role ?? `turn ${index}`;
    case 'tool':
      return `tool ${index + 1}`;
    case 'parameters':
      return 'parameters';
    case 'address':
      return 'address';
    case 'answer':
      return index === 0 ? 'answer' : `answer ${index + 1}`;
    case 'change':
      return index === 0 ? 'the change' : 'what it changes';
    case 'raw':
      return 'content';
    default:
      return kind satisfies never;
  }
}

/** The role stands in the heading already, unless a rule matched in it. */
export function saysRole({ kind, role }: ContentPart, { name, segments: pieces }: ContentItem): boolean {
  const [only, ...more] = pieces;
  const isPlain = more.length === 0 && only?.rules === undefined && only?.invisible === undefined;
  return kind === 'turn' && name === 'role' && isPlain && only?.text === role;
}
