import { type ContentItem, type ContentPart, canonicalJson, ProposedChange } from '#contracts';
import { segmentsOf } from './segments.ts';

/**
 * A proposed change as people read it: what it is, why, and every difference, old value before new. Undefined for bytes
 * that are no proposed change. Nothing is left out: the digest covers exactly these values. Pure.
 */
export function viewChange(bytes: Uint8Array): ContentPart[] | undefined {
  const change = parsed(bytes);
  if (!change) return undefined;
  const { summary, message, kind, subject, digest, replaces, facts, differences } = change;
  const about = [
    item('', 'summary', summary),
    item('', 'why', message),
    item('', 'kind', kind),
    item('', 'subject', subject),
    ...(replaces === undefined ? [] : [item('', 'replaces', replaces)]),
    item('', 'SHA-256', digest),
    ...Object.entries(facts).map(([name, value]) => item('', name, String(value))),
  ];
  const changed = differences.map(({ path, kind: how, before, after }) => {
    const old = how === 'added' ? [] : [`- ${canonicalJson(before)}`];
    const fresh = how === 'removed' ? [] : [`+ ${canonicalJson(after)}`];
    return item(path, path === '' ? how : path, [...old, ...fresh].join('\n'));
  });
  const part = (index: number, items: ContentItem[]): ContentPart => ({
    ...{ kind: 'change', index, isNew: true, items },
  });
  return [part(0, about), ...(changed.length > 0 ? [part(1, changed)] : [])];
}

function item(pointer: string, name: string, text: string): ContentItem {
  return { pointer, name, form: 'text', segments: segmentsOf(text, []) };
}

function parsed(bytes: Uint8Array): ProposedChange | undefined {
  try {
    const { success, data } = ProposedChange.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return success ? data : undefined;
  } catch {
    return undefined;
  }
}
