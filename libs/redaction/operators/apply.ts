import { createHmac } from 'node:crypto';
import type { MaskOperator } from '#contracts';
import { base32, MAX_ID_CHARS, type PlaceholderIssuer } from '../placeholders/placeholder.ts';
import { encryptDigits } from './digits.ts';
import { encryptValue } from './encrypt.ts';
import { pseudonymOf } from './pseudonym.ts';

export interface OperatorContext {
  readonly key: Uint8Array;
  readonly scope: string;
  readonly placeholders: PlaceholderIssuer;
  readonly restorable: boolean;
}

/** Sixty bits; as a placeholder has at most this many, a hash goes through a later pass untouched. */
const HASH_CHARS = MAX_ID_CHARS;

/** The text that stands in for a value; undefined when the operator blocks. */
export function applyOperator(
  operator: MaskOperator,
  entity: string,
  value: string,
  context: OperatorContext,
): string | undefined {
  switch (operator.kind) {
    case 'token':
      return context.placeholders.placeholder(entity, value, context.restorable);
    case 'mask':
      return maskValue(value, operator.keepFirst, operator.keepLast, operator.with);
    case 'redact':
      return '';
    case 'replace':
      return operator.with ?? `<${entity}>`;
    case 'hash':
      return `[${entity}_${keyedHash(context, entity, value)}]`;
    case 'encrypt':
      return encryptValue(context.key, context.scope, entity, value);
    case 'fpe':
      return (
        encryptDigits(context.key, context.scope, entity, value) ??
        context.placeholders.placeholder(entity, value, context.restorable)
      );
    case 'pseudonym':
      return standInFor(pseudonymOf(context.key, context.scope, entity, value), entity, value, context);
    case 'keep':
      return value;
    case 'block':
      return undefined;
    default:
      return operator satisfies never;
  }
}

/** Where another value of the scope has the stand-in, restoring would give that one: a placeholder then. */
function standInFor(standIn: string, entity: string, value: string, context: OperatorContext): string {
  const { placeholders, restorable } = context;
  if (!placeholders.reserve(standIn, entity, value))
    return placeholders.placeholder(entity, value, restorable);
  if (restorable) placeholders.remember(standIn, value);
  return standIn;
}

/** Keeps separators and some characters at the ends, never more than a third of the value at either end. */
function maskValue(value: string, keepFirst: number, keepLast: number, by: string): string {
  const units = Array.from(value);
  const most = Math.floor(units.length / 3);
  const from = Math.min(keepFirst, most);
  const to = units.length - Math.min(keepLast, most);
  return units.map((unit, k) => (k < from || k >= to || /[\s.-]/.test(unit) ? unit : by)).join('');
}

function keyedHash(context: OperatorContext, entity: string, value: string): string {
  const mac = createHmac('sha256', context.key).update(`hash\0${context.scope}\0${entity}\0${value}`);
  return base32(mac.digest(), HASH_CHARS);
}
