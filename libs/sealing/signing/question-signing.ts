import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type ApprovalRequested, type Asker, askerOf, questionBytes } from '#contracts';

/**
 * Signs what a service puts before people (Ed25519, RFC 8032): the broker says who may ask, the signature says who did. Each
 * asking service holds a private key of its own.
 */
export class QuestionSigner {
  private readonly key: KeyObject;
  private readonly publicKey: KeyObject;

  constructor(privatePem: string) {
    this.key = createPrivateKey(privatePem);
    this.publicKey = createPublicKey(this.key);
  }

  /** The head of `approval.requested` with its signature. */
  sign(head: ApprovalRequested): ApprovalRequested {
    const plain = JSON.parse(JSON.stringify(head)) as ApprovalRequested;
    const questionSignature = sign(null, questionBytes(plain), this.key).toString('base64');
    return { ...plain, questionSignature };
  }

  /** A message id that nobody else knows before it is used: who took it first would swallow the question. */
  messageId(name: string): string {
    const mark = sign(null, Buffer.from(`sallyport-question-id-v1\n${name}`), this.key);
    return `${name}:${mark.toString('base64url').slice(0, 22)}`;
  }

  /** Whether this service asked it. `sent`: a head as the log has it. */
  made(sent: object): boolean {
    return isSignedBy(this.publicKey, sent);
  }
}

/** Verifies who asks, with the public key of each service that may. */
export class QuestionVerifier {
  private readonly keys: Readonly<Record<Asker, KeyObject>>;

  constructor(publicPems: Readonly<Record<Asker, string>>) {
    const { policy, masking, audit } = publicPems;
    this.keys = {
      policy: createPublicKey(policy),
      masking: createPublicKey(masking),
      audit: createPublicKey(audit),
    };
  }

  /**
   * What is known of who asks. `sent`: the head as it came, with what this version doesn't read.
   * `forged`: signed, and not by whose question it would be, or not as it stands.
   */
  verdictOn(head: ApprovalRequested, sent: object): 'genuine' | 'unsigned' | 'forged' {
    const asker = askerOf(head);
    if (asker === undefined) return 'forged';
    if (head.questionSignature === undefined) return 'unsigned';
    return isSignedBy(this.keys[asker], sent) ? 'genuine' : 'forged';
  }
}

function isSignedBy(key: KeyObject, sent: object): boolean {
  const { questionSignature } = sent as { questionSignature?: unknown };
  if (typeof questionSignature !== 'string') return false;
  return verify(null, questionBytes(sent), key, Buffer.from(questionSignature, 'base64'));
}
