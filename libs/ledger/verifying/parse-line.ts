import {
  type EntryLine,
  type ExportLine,
  exportFormat,
  type PersonalLine,
} from '../exporting/export-lines.ts';

/** A line that is not of the export format. The message says which field. */
export class LineError extends Error {}

type Fields = Record<string, unknown>;

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
const hashChars = 44;

/** Parses one line of an export; unknown and missing fields are refused alike. Throws `LineError`. */
export function parseLine(text: string): ExportLine {
  const fields = objectOf(parseJson(text), 'line');
  switch (fields.line) {
    case 'header':
      only(fields, [
        'line',
        'format',
        'origin',
        'scope',
        'keys',
        ...('personal' in fields ? ['personal'] : []),
      ]);
      if (fields.format !== exportFormat) throw new LineError('format');
      return {
        line: 'header',
        format: exportFormat,
        origin: textOf(fields, 'origin'),
        scope: oneOf(fields, 'scope', ['complete', 'selection'] as const),
        keys: listOf(fields, 'keys').map((key) => (typeof key === 'string' ? key : fail('keys'))),
        ...('personal' in fields && { personal: oneOf(fields, 'personal', ['withheld'] as const) }),
      };
    case 'tombstone':
    case 'checkpoint':
    case 'seal':
      only(fields, ['line', 'note']);
      return { line: fields.line, note: textOf(fields, 'note') };
    case 'skipped':
      only(fields, ['line', 'from', 'to', 'nodes']);
      return {
        line: 'skipped',
        from: countOf(fields, 'from'),
        to: countOf(fields, 'to'),
        nodes: listOf(fields, 'nodes').map((node) => hashText(node, 'nodes')),
      };
    case 'entry':
      return parseEntry(fields);
    default:
      throw new LineError('line');
  }
}

const entryFields = [
  ...['line', 'index', 'kind', 'logId', 'sequence', 'atMs', 'subject', 'messageId'],
  ...['head', 'personal', 'sealed', 'leaf'],
];

function parseEntry(fields: Fields): EntryLine {
  only(fields, entryFields);
  const sealed = objectOf(fields.sealed, 'sealed');
  only(sealed, ['bytes', 'digest', 'data']);
  return {
    line: 'entry',
    index: countOf(fields, 'index'),
    kind: oneOf(fields, 'kind', ['event', 'gap'] as const),
    logId: textOf(fields, 'logId'),
    sequence: countOf(fields, 'sequence'),
    atMs: countOf(fields, 'atMs'),
    subject: textOf(fields, 'subject'),
    messageId: textOf(fields, 'messageId'),
    head: textOf(fields, 'head'),
    personal: listOf(fields, 'personal').map(parsePersonal),
    sealed: {
      bytes: countOf(sealed, 'bytes'),
      digest: hashText(sealed.digest, 'sealed.digest'),
      data: bytesText(sealed.data, 'sealed.data'),
    },
    leaf: hashText(fields.leaf, 'leaf'),
  };
}

function parsePersonal(value: unknown): PersonalLine {
  const fields = objectOf(value, 'personal');
  only(fields, ['path', 'ownerKey', 'digest', 'salt', 'value']);
  const isGone = fields.value === null;
  if (isGone !== (fields.salt === null)) throw new LineError('personal: salt and value go together');
  return {
    path: textOf(fields, 'path'),
    ownerKey: textOf(fields, 'ownerKey'),
    digest: hashText(fields.digest, 'personal.digest'),
    salt: bytesText(fields.salt, 'personal.salt'),
    value: isGone ? null : textOf(fields, 'value'),
  };
}

function fail(name: string): never {
  throw new LineError(name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('not JSON');
  }
}

function objectOf(value: unknown, name: string): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return fail(name);
  return value as Fields;
}

function only(fields: Fields, names: readonly string[]): void {
  const keys = Object.keys(fields);
  if (keys.length !== names.length || !keys.every((key) => names.includes(key))) {
    fail(`fields must be ${names.join(', ')}`);
  }
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : fail(name);
}

function countOf(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : fail(name);
}

function listOf(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : fail(name);
}

function oneOf<T extends string>(fields: Fields, name: string, values: readonly T[]): T {
  return values.find((value) => value === fields[name]) ?? fail(name);
}

function hashText(value: unknown, name: string): string {
  return typeof value === 'string' && value.length === hashChars && base64.test(value) ? value : fail(name);
}

function bytesText(value: unknown, name: string): string | null {
  return value === null || (typeof value === 'string' && base64.test(value)) ? value : fail(name);
}
