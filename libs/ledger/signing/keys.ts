import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from '../tree/hashing.ts';

/** Signs notes under a name (C2SP signed-note, Ed25519). */
export interface NoteSigner {
  name: string;
  /** First four bytes of SHA-256(name || 0x0A || 0x01 || public key). */
  keyId: Uint8Array;
  /** The public key as text: `<name>+<key id in hex>+<base64 of 0x01 and the key>`. */
  publicKey: string;
  sign(text: Uint8Array): Uint8Array;
}

/** Verifies notes of one key (C2SP signed-note, Ed25519). */
export interface NoteVerifier {
  name: string;
  keyId: Uint8Array;
  publicKey: string;
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

const ed25519Type = 0x01;
const publicKeyBytes = 32;
const seedBytes = 32;
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const keyName = /^[^\s+\p{Cc}]{1,255}$/u;

/** The key id of C2SP signed-note: SHA-256(name || 0x0A || 0x01 || public key), the first four bytes. */
function keyIdOf(name: string, publicKey: Uint8Array): Buffer {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519Type), publicKey])).subarray(0, 4);
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
}

function publicKeyText(name: string, keyId: Buffer, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Buffer.of(ed25519Type), publicKey]);
  return `${name}+${keyId.toString('hex')}+${typed.toString('base64')}`;
}

/**
 * A signer from an Ed25519 private key. Throws `RangeError` where the name has white space or `+`, or the key is
 * of another kind.
 */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (!keyName.test(name)) throw new RangeError('ledger: a key name has neither white space nor "+"');
  if (privateKey.asymmetricKeyType !== 'ed25519' || privateKey.type !== 'private') {
    throw new RangeError('ledger: a note is signed with an Ed25519 private key');
  }
  const raw = rawPublicKey(createPublicKey(privateKey));
  const keyId = keyIdOf(name, raw);
  return {
    name,
    keyId,
    publicKey: publicKeyText(name, keyId, raw),
    sign: (text) => sign(null, text, privateKey),
  };
}

/** A signer from an Ed25519 seed of 32 bytes (RFC 8032, section 5.1.5). Throws `RangeError` for another size. */
export function noteSignerFromSeed(name: string, seed: Uint8Array): NoteSigner {
  if (seed.length !== seedBytes) throw new RangeError(`ledger: a seed has ${seedBytes} bytes`);
  const der = Buffer.concat([pkcs8Prefix, seed]);
  return noteSigner(name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

/** A verifier from its text form. Throws `RangeError` where the text is malformed or its key id is wrong. */
export function noteVerifier(text: string): NoteVerifier {
  const match = /^([^\s+\p{Cc}]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text.trim());
  const [, name = '', id = '', encoded = ''] = match ?? [];
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 1 + publicKeyBytes || typed[0] !== ed25519Type) {
    throw new RangeError('ledger: not an Ed25519 note key (name+hex+base64)');
  }
  const raw = typed.subarray(1);
  const keyId = keyIdOf(name, raw);
  if (keyId.toString('hex') !== id) throw new RangeError('ledger: the key id does not belong to the key');
  const der = Buffer.concat([spkiPrefix, raw]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return {
    name,
    keyId,
    publicKey: publicKeyText(name, keyId, raw),
    verify: (bytes, signature) => verify(null, bytes, key, signature),
  };
}
