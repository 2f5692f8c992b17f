import { createHmac } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_CHARS = 5;
/** The longest id, in characters. */
export const MAX_ID_CHARS = 12;

/** `[EMAIL_ADDRESS_x7k2q]`: the same for the same value in a scope, not guessable without the key. */
export const PLACEHOLDER_PATTERN = String.raw`\[[A-Z][A-Z0-9_]{0,39}_[a-z2-7]{5,12}\]`;

/**
 * Issues placeholders for one scope and remembers what they stand for. An id is 5 base32 characters (25 bits) of
 * HMAC-SHA-256(key, scope | entity | value), and longer only where two values of the scope collide.
 */
export class PlaceholderIssuer {
  /** The original text by placeholder, where it stood in a restorable text: what the vault keeps. */
  readonly issued = new Map<string, string>();
  private readonly byValue = new Map<string, string>();
  private readonly takenBy = new Map<string, string>();

  constructor(
    private readonly key: Uint8Array,
    private readonly scope: string,
  ) {}

  placeholder(entity: string, value: string, restorable = true): string {
    const placeholder = this.placeholderOf(entity, value);
    if (restorable) this.remember(placeholder, value);
    return placeholder;
  }

  /** Notes what a stand-in (a placeholder or a pseudonym) stands for, so that it can be restored. */
  remember(standIn: string, value: string): void {
    if (!this.issued.has(standIn)) this.issued.set(standIn, value);
  }

  /** Whether a stand-in is this value's, now or before; false where another value of the scope has it. */
  reserve(standIn: string, entity: string, value: string): boolean {
    const identity = `${entity}\0${identityOf(entity, value)}`;
    const owner = this.takenBy.get(standIn);
    if (owner === undefined) this.takenBy.set(standIn, identity);
    return owner === undefined || owner === identity;
  }

  private placeholderOf(entity: string, value: string): string {
    const identity = `${entity}\0${identityOf(entity, value)}`;
    const known = this.byValue.get(identity);
    if (known) return known;
    const id = this.encode(identity);
    let length = ID_CHARS;
    while (length < MAX_ID_CHARS && this.takenBy.has(`${entity}_${id.slice(0, length)}`)) length++;
    const placeholder = `[${entity}_${id.slice(0, length)}]`;
    this.takenBy.set(placeholder.slice(1, -1), identity);
    this.byValue.set(identity, placeholder);
    return placeholder;
  }

  private encode(identity: string): string {
    const mac = createHmac('sha256', this.key).update(`${this.scope}\0${identity}`).digest();
    return base32(mac, MAX_ID_CHARS);
  }
}

/** The first bytes of a digest, five bits of each. */
export function base32(digest: Uint8Array, length: number): string {
  let id = '';
  for (let k = 0; k < length; k++) id += BASE32[digest[k]! & 31];
  return id;
}

/** Entities whose letter case carries no meaning. */
const CASELESS = new Set(['EMAIL_ADDRESS', 'IBAN_CODE', 'MAC_ADDRESS', 'IP_ADDRESS', 'DOMAIN_NAME']);
/** Entities that are their digits, however they are grouped. */
const DIGITS_ONLY = new Set(['CREDIT_CARD', 'PHONE_NUMBER', 'US_SSN', 'US_ITIN', 'UK_NHS', 'US_BANK_NUMBER']);

/** What makes two spellings the same value. */
export function identityOf(entity: string, value: string): string {
  const plain = value.normalize('NFKC').replace(/[\u200b-\u200f\u2060\ufeff\u00ad]/g, '');
  if (DIGITS_ONLY.has(entity)) return plain.replace(/[^\d+]/g, '');
  if (entity === 'IBAN_CODE') return plain.replace(/[ -]/g, '').toUpperCase();
  return CASELESS.has(entity) ? plain.toLowerCase() : plain;
}
