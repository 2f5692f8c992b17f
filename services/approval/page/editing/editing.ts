import {
  type BodyEdit,
  CodedError,
  type ContentDifference,
  type ContentItem,
  type ContentView,
  type Redaction,
} from '#contracts';
import { asFieldText } from '../views/html.ts';
import { partName, saysRole } from '../views/request/parts.ts';

/** A value of the content that a person can change in a form. */
export interface Editable {
  /** Where it is (RFC 6901): the field's name in the form. */
  pointer: string;
  /** What it is called, and in which part of the content. */
  label: string;
  form: Exclude<ContentItem['form'], 'attachment'>;
  text: string;
}

/** What a form may name its fields for values by; the rest of the name is the pointer. */
export const valuePrefix = 'value:';

/** The values of the content that can be changed one by one, in the order they are shown. */
export function editablesOf(content: ContentView): Editable[] {
  return content.parts.flatMap((part) =>
    part.items.flatMap((item) => {
      const { pointer, name, form, segments } = item;
      // An edit changes the body; where the request goes stays as it is.
      if (part.kind === 'address') return [];
      if (pointer === '' || form === 'attachment' || saysRole(part, item)) return [];
      const text = segments.map((segment) => segment.text).join('');
      return [{ pointer, label: `${partName(part)}: ${name}`, form, text }];
    }),
  );
}

/** An edit as the API takes it, with what it changes for people to look at before they send it. */
export interface Draft {
  change: { edits: BodyEdit[] } | { redactions: Redaction[] };
  differences: ContentDifference[];
}

/**
 * What a person changed in the form. A value that is no text is read as JSON, and removed where its field is empty.
 * Throws `approval.edit_empty` where nothing changed and `approval.invalid_edit` for a value that is no JSON. Pure.
 */
export function draftOf(editables: readonly Editable[], typed: Readonly<Record<string, string>>): Draft {
  const edits: BodyEdit[] = [];
  const differences: ContentDifference[] = [];
  for (const { pointer, form, text, label } of editables) {
    const value = typed[valuePrefix + pointer];
    const next = value === undefined ? undefined : asFieldText(value);
    if (next === undefined || next === asFieldText(text)) continue;
    if (form !== 'text' && next.trim() === '') {
      edits.push({ op: 'remove', pointer });
      differences.push({ pointer, change: 'removed', before: text });
      continue;
    }
    edits.push({ op: 'replace', pointer, value: form === 'text' ? next : jsonOf(next, label) });
    differences.push({ pointer, change: 'replaced', before: text, after: next });
  }
  if (edits.length === 0) throw new CodedError('approval.edit_empty', 'Nothing was changed yet.');
  return { change: { edits }, differences };
}

function jsonOf(text: string, label: string): Extract<BodyEdit, { op: 'replace' }>['value'] {
  try {
    return JSON.parse(text);
  } catch {
    throw new CodedError(
      'approval.invalid_edit',
      `${label}: expected JSON, such as 0.5 or "text" or {"a": 1}.`,
    );
  }
}

/**
 * Texts to take out of an answer, one a line, each everywhere it stands. Throws `approval.edit_empty` where none is
 * given or none is in the answer. Pure.
 */
export function redactionOf(content: ContentView, lines: string, replacement: string): Draft {
  const texts = [...new Set(asFieldText(lines).split('\n'))].filter((line) => line.trim() !== '');
  const redactions = texts.map((text) => ({ text, with: replacement }));
  const differences = content.parts
    .filter(({ kind }) => kind === 'answer')
    .flatMap((part) =>
      part.items.flatMap(({ name, segments }): ContentDifference[] => {
        const before = segments.map(({ text }) => text).join('');
        const after = texts.reduce((left, text) => left.replaceAll(text, () => replacement), before);
        return before === after ? [] : [{ pointer: name, change: 'replaced', before, after }];
      }),
    );
  if (differences.length === 0) {
    throw new CodedError(
      'approval.edit_empty',
      'None of these texts is in the answer. Copy them from it, one a line.',
    );
  }
  return { change: { redactions }, differences };
}
