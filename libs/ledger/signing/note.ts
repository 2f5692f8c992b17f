import type { NoteSigner, NoteVerifier } from './keys.ts';

/** A note whose signatures were checked. */
export interface OpenedNote {
  /** The signed text, ending in a newline. */
  text: string;
  /** The known keys that signed it, in the order of the note. Never empty. */
  signedBy: NoteVerifier[];
  /** Signatures of keys that are not known. */
  ignored: number;
}

/** Why a note was not opened. */
export type NoteErrorCode = 'note.malformed' | 'note.unsigned' | 'note.bad_signature';

/** A note that is malformed, or that no known key signed. */
export class NoteError extends Error {
  readonly code: NoteErrorCode;
  constructor(code: NoteErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const signatureBytes = 64;
const keyIdBytes = 4;
const maxNoteChars = 1_000_000;
const maxSignatures = 100;
const signatureLine = /^— ([^\s+\p{Cc}]+) ([A-Za-z0-9+/]+={0,2})$/u;
const isText = (text: string) =>
  text.endsWith('\n') &&
  /^[^\p{Cc}]*$/u.test(text.replaceAll('\n', '')) &&
  Buffer.from(text, 'utf8').toString('utf8') === text;

/**
 * Signs a text as a C2SP signed note; several signers are how keys are rotated. The text must end in a newline
 * and hold no other control characters and no empty line. Throws `RangeError` otherwise, or without a signer.
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!isText(text) || text.includes('\n\n') || text === '\n')
    throw new RangeError('ledger: not a note text');
  if (signers.length === 0) throw new RangeError('ledger: a note needs a signature');
  const bytes = Buffer.from(text, 'utf8');
  const lines = signers.map((signer) => {
    const signature = Buffer.concat([signer.keyId, signer.sign(bytes)]);
    return `— ${signer.name} ${signature.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

interface SignatureLine {
  name: string;
  keyId: Buffer;
  signature: Buffer;
}

function parseSignature(line: string): SignatureLine {
  const [, name, encoded] = signatureLine.exec(line) ?? [];
  if (name === undefined || encoded === undefined) {
    throw new NoteError('note.malformed', 'a signature line is malformed');
  }
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length <= keyIdBytes || bytes.toString('base64') !== encoded) {
    throw new NoteError('note.malformed', 'a signature is not in base64');
  }
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) };
}

/**
 * Opens a C2SP signed note with the keys that are trusted. Signatures of unknown keys are ignored; a wrong
 * signature of a known key refuses the note, whoever else signed it. Throws `NoteError`.
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenedNote {
  const end = note.lastIndexOf('\n\n');
  if (note.length > maxNoteChars || end < 0 || !note.endsWith('\n') || !isText(note)) {
    throw new NoteError('note.malformed', 'not a signed note');
  }
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > maxSignatures) throw new NoteError('note.malformed', 'too many signatures');
  const bytes = Buffer.from(text, 'utf8');
  const signedBy: NoteVerifier[] = [];
  let ignored = 0;
  for (const { name, keyId, signature } of lines.map(parseSignature)) {
    const verifier = verifiers.find((known) => known.name === name && keyId.equals(known.keyId));
    if (verifier === undefined) ignored += 1;
    if (verifier === undefined || signedBy.includes(verifier)) continue;
    if (signature.length !== signatureBytes || !verifier.verify(bytes, signature)) {
      throw new NoteError('note.bad_signature', `the signature of ${name} is wrong`);
    }
    signedBy.push(verifier);
  }
  if (signedBy.length === 0) throw new NoteError('note.unsigned', 'no known key signed this');
  return { text, signedBy, ignored };
}
