import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import {
  type ApprovedEntry,
  approvedBytes,
  type ReleaseSignature,
  type ReleaseTerms,
  releaseBytes,
} from '#contracts';

/** Signs the releases that a rule gives: policy and masking share the key. */
export class RuleReleaseKey {
  private readonly id: string;
  constructor(private readonly secret: Uint8Array) {
    if (secret.length < 32) throw new RangeError('the release key must be at least 32 bytes');
    this.id = createHash('sha256')
      .update('sallyport-release-key\n')
      .update(secret)
      .digest('hex')
      .slice(0, 16);
  }

  sign(terms: ReleaseTerms): ReleaseSignature {
    return { algorithm: 'hmac-sha256', keyId: this.id, value: this.mac(terms).toString('base64') };
  }

  verify(terms: ReleaseTerms, signature: ReleaseSignature): boolean {
    if (signature.algorithm !== 'hmac-sha256' || signature.keyId !== this.id) return false;
    const given = Buffer.from(signature.value, 'base64');
    const expected = this.mac(terms);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private mac(terms: ReleaseTerms): Buffer {
    return createHmac('sha256', this.secret).update(releaseBytes(terms)).digest();
  }
}

function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** Signs the releases that people give (Ed25519, RFC 8032): only approval holds the private key. */
export class PeopleReleaseSigner {
  private readonly key: KeyObject;
  readonly keyId: string;
  constructor(privatePem: string) {
    this.key = createPrivateKey(privatePem);
    this.keyId = keyIdOf(createPublicKey(this.key));
  }

  sign(terms: ReleaseTerms): ReleaseSignature {
    const value = sign(null, releaseBytes(terms), this.key).toString('base64');
    return { algorithm: 'ed25519', keyId: this.keyId, value };
  }

  /** What stands in KV `approved` under a key. */
  approve(key: string, entry: Omit<ApprovedEntry, 'signature'>): ApprovedEntry {
    const signature = sign(null, approvedBytes(key, entry), this.key).toString('base64');
    return { ...entry, signature };
  }
}

/** Verifies the releases that people give. */
export class PeopleReleaseVerifier {
  private readonly key: KeyObject;
  private readonly keyId: string;
  constructor(publicPem: string) {
    this.key = createPublicKey(publicPem);
    this.keyId = keyIdOf(this.key);
  }

  verify(terms: ReleaseTerms, signature: ReleaseSignature): boolean {
    if (signature.algorithm !== 'ed25519' || signature.keyId !== this.keyId) return false;
    return verify(null, releaseBytes(terms), this.key, Buffer.from(signature.value, 'base64'));
  }

  /** Whether people approved what stands under a key of KV `approved`. */
  verifyApproved(key: string, entry: ApprovedEntry): boolean {
    return verify(null, approvedBytes(key, entry), this.key, Buffer.from(entry.signature, 'base64'));
  }
}

/** File names in the secrets directory. */
export const secretFiles = {
  keyEncryptionKey: 'kek.hex',
  subjectNames: 'subject-names.hex',
  ledgerSigningKey: 'ledger-signing-key.pem',
  /** Only while the ledger is handed over to another key. */
  ledgerPreviousKey: 'ledger-signing-key.previous.pem',
  ruleReleaseKey: 'release-hmac.hex',
  approvalSigningKey: 'approval-signing-key.pem',
  approvalVerifyKey: 'approval-signing-key.pub.pem',
  configSigningKey: 'config-signing-key.pem',
  configVerifyKey: 'config-signing-key.pub.pem',
  maskingSigningKey: 'masking-signing-key.pem',
  maskingVerifyKey: 'masking-signing-key.pub.pem',
  auditSigningKey: 'audit-signing-key.pem',
  auditVerifyKey: 'audit-signing-key.pub.pem',
} as const;
