import { createHmac } from 'node:crypto';
import { sha256 } from '../tree/hashing.ts';
import { lengthPrefixed, writeField } from './length-prefixed.ts';
import { scratchOf } from './scratch.ts';

/** A personal value taken out of a head. `path` is its RFC 6901 JSON pointer, `value` its JSON text. */
export interface PersonalPart {
  path: string;
  value: string;
}

/** A personal value as `splitHead` found it, with the person that it is, where it is one. */
export interface FoundPart extends PersonalPart {
  person: { issuer: string; subject: string } | null;
}

/** What the tree covers of a personal value. */
export interface PersonalCommitment {
  path: string;
  /** Names the data key whose destruction allows value and salt to be gone; empty: they may never be gone. */
  ownerKey: string;
  /** SHA-256 over salt, path and value. */
  digest: Uint8Array;
}

/** A head without its personal values, and those values. */
export interface SplitHead {
  /** The head's JSON with `null` where a personal value was. */
  head: Buffer;
  parts: FoundPart[];
}

/** Bytes of a commitment's salt: random, or from `deriveSalt`; never used for two values. */
export const saltBytes = 16;

const commitmentDomain = 'sallyport/personal/1';
const saltDomain = 'sallyport/personal-salt/1';
const maxDepth = 64;

/**
 * Values that say who someone is, wherever they stand in a head. A signature over such values is one: with the public key
 * it tells whether a guess is right.
 */
const personalKeys = new Set([
  'subject',
  'email',
  'groups',
  'address',
  'clientAddress',
  'userAgent',
  'claims',
  'questionSignature',
]);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Takes the personal values out of an event's head: every object that names a person (has `issuer` and `subject`), whole;
 * elsewhere `subject`, `email`, `groups`, `claims`, client address and user agent; what signs a question; the address of a
 * request where a caller wrote something into it; and the value of a frozen user. Works by shape, so an event that is added
 * later is covered. Throws `RangeError` for a head nested deeper than 64.
 */
export function splitHead(head: object): SplitHead {
  const parts: FoundPart[] = [];
  const rest = takeOut(head as Json, '', parts, 0);
  return { head: Buffer.from(JSON.stringify(rest), 'utf8'), parts };
}

/** Copies only what it changes: most of a head is passed through. */
function takeOut(value: Json, path: string, parts: FoundPart[], depth: number): Json {
  if (value === null || typeof value !== 'object') return value;
  if (depth > maxDepth) throw new RangeError('ledger: a head is nested too deeply');
  if (Array.isArray(value)) {
    return value.every(isScalar)
      ? value
      : value.map((item, i) => takeOut(item, `${path}/${i}`, parts, depth + 1));
  }
  let rest = value;
  for (const key of Object.keys(value)) {
    const item = value[key] as Json;
    if (item === null || item === undefined) continue;
    const isTold = isPersonal(value, key);
    if (!isTold && isScalar(item)) continue;
    const person = personIn(item);
    const isTaken = isTold || person !== null;
    const at = `${path}/${pointerToken(key)}`;
    if (isTaken) parts.push({ path: at, value: JSON.stringify(item), person });
    const left = isTaken ? null : takeOut(item, at, parts, depth + 1);
    if (left === item) continue;
    if (rest === value) rest = { ...value };
    rest[key] = left;
  }
  return rest;
}

const isScalar = (item: Json) => item === null || typeof item !== 'object';

function isPersonal(holder: { [key: string]: Json }, key: string): boolean {
  if (personalKeys.has(key)) return true;
  if (key === 'path') return isWritten(holder);
  return key === 'value' && holder.target === 'user';
}

/** Whether a caller could write something into the address of a request. */
function isWritten({ path, protocol }: { [key: string]: Json }): boolean {
  return typeof path === 'string' && (protocol === 'http' || path.includes('?'));
}

function personIn(item: Json): FoundPart['person'] {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return null;
  const { issuer, subject } = item;
  return typeof issuer === 'string' && typeof subject === 'string' ? { issuer, subject } : null;
}

const pointerToken = (key: string) =>
  /[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
const keyOf = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~');

/** Puts personal values back where they were; those not given stay `null`. Unknown paths are ignored. */
export function joinHead(head: Uint8Array, parts: readonly PersonalPart[]): unknown {
  const root: Json = JSON.parse(Buffer.from(head).toString('utf8'));
  for (const { path, value } of parts) {
    const keys = path.split('/').slice(1).map(keyOf);
    const last = keys.pop();
    let holder: Json | undefined = root;
    for (const key of keys) holder = childOf(holder, key);
    if (last !== undefined && childOf(holder, last) === null) {
      (holder as { [key: string]: Json })[last] = JSON.parse(value);
    }
  }
  return root;
}

function childOf(holder: Json | undefined, key: string): Json | undefined {
  if (holder === null || typeof holder !== 'object' || !Object.hasOwn(holder, key)) return undefined;
  return (holder as { [key: string]: Json })[key];
}

/**
 * Commits to a personal value: without salt and value the digest says nothing about it, with them it proves it.
 * Throws `RangeError` where the salt has not 16 bytes.
 */
export function commitPersonal(part: PersonalPart, salt: Uint8Array): Buffer {
  if (salt.length !== saltBytes) throw new RangeError(`ledger: a salt has ${saltBytes} bytes`);
  const { path, value } = part;
  const [pathBytes, valueBytes] = [Buffer.byteLength(path), Buffer.byteLength(value)];
  const bytes = scratchOf(16 + commitmentDomain.length + saltBytes + pathBytes + valueBytes);
  let at = writeField(bytes, 0, commitmentDomain, commitmentDomain.length);
  at = writeField(bytes, at, salt, saltBytes);
  at = writeField(bytes, at, path, pathBytes);
  writeField(bytes, at, value, valueBytes);
  return sha256(bytes);
}

/**
 * A salt that needs no storage: HMAC-SHA-256 of the owner's secret over where the value stands. Destroying the
 * secret destroys every salt made from it. The secret must be used for nothing else.
 */
export function deriveSalt(
  secret: Uint8Array,
  place: { logId: string; sequence: number; path: string },
): Buffer {
  return createHmac('sha256', secret)
    .update(lengthPrefixed(saltDomain, place.logId, String(place.sequence), place.path))
    .digest()
    .subarray(0, saltBytes);
}
