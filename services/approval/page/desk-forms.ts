import { z } from 'zod';
import { CodedError } from '#contracts';

/** A form's fields as they were sent; the first of a name counts. */
export type Fields = Readonly<Record<string, string>>;

/** Reads a form's fields. */
export function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]),
  );
}

/** What a vote or edit says was shown, as numbers; anything else is for the API to refuse. */
export function shownIn(fields: Fields): { version: number; digest: string } {
  return { version: Number(fields.version), digest: fields.digest ?? '' };
}

const Change = z.union([
  z.strictObject({ edits: z.array(z.json()) }),
  z.strictObject({ redactions: z.array(z.json()) }),
]);

/** The change that the page for edits put into its form. Throws `request.invalid` where it was tampered with. */
export function changeIn(fields: Fields): z.infer<typeof Change> {
  try {
    return Change.parse(JSON.parse(fields.change ?? ''));
  } catch (cause) {
    throw new CodedError('request.invalid', 'change: not one that this page made', { cause });
  }
}

/** A field's text; undefined where it is empty. */
export function textIn(fields: Fields, name: string): string | undefined {
  const text = fields[name]?.trim();
  return text === '' ? undefined : text;
}
