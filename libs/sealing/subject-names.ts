import { createHmac } from 'node:crypto';

/**
 * Names people's data keys: 128 bits of an HMAC-SHA256 over issuer and subject, in hex. The name stays in the ledger
 * after an erasure, so it is keyed: without the secret nobody can tell whose it was by trying subjects.
 */
export class SubjectNames {
  /** A verified token keeps its principal, so most look-ups need no digest. */
  private readonly known = new WeakMap<object, string>();

  constructor(private readonly secret: Uint8Array) {
    if (secret.length < 32) throw new RangeError('the subject naming key must be at least 32 bytes');
  }

  of(principal: { issuer: string; subject: string }): string {
    const known = this.known.get(principal);
    if (known !== undefined) return known;
    const mac = createHmac('sha256', this.secret).update(`${principal.issuer}\n${principal.subject}`);
    const name = mac.digest('hex').slice(0, 32);
    this.known.set(principal, name);
    return name;
  }
}
