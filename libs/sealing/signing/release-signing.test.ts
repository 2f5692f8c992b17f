import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { ReleaseSignature, ReleaseTerms } from '#contracts';
import { PeopleReleaseSigner, PeopleReleaseVerifier, RuleReleaseKey } from '../index.ts';

const digest = 'b'.repeat(64);
const terms: ReleaseTerms = {
  requestId: `req-${'0'.repeat(32)}`,
  version: 1,
  gate: 'prompt',
  digest,
  connection: 'demo',
  upstreamModel: null,
  operation: 'chat',
  obligations: { maskAnswer: { name: 'standard', digest } },
  notAfter: 1,
};

function pair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    signer: new PeopleReleaseSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    verifier: new PeopleReleaseVerifier(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
  };
}
const rule = new RuleReleaseKey(randomBytes(32));
const people = pair();
const kinds = [
  ['a rule', rule, rule, new RuleReleaseKey(randomBytes(32)), people.verifier],
  ['people', people.signer, people.verifier, pair().verifier, rule],
] as const;

describe.each(kinds)('a release by %s', (_, signer, verifier, stranger, otherKind) => {
  const signature = signer.sign(terms);

  test('verifies, in whatever order its terms are written', () => {
    expect(verifier.verify(terms, signature)).toBe(true);
    const { requestId, ...rest } = terms;
    expect(verifier.verify({ ...rest, requestId }, signature)).toBe(true);
  });

  test.each<Partial<ReleaseTerms>>([
    { requestId: `req-${'1'.repeat(32)}` },
    { version: 2 },
    { gate: 'response' },
    { digest: 'c'.repeat(64) },
    { connection: 'other' },
    { upstreamModel: 'other' },
    { operation: 'embeddings' },
    { obligations: {} },
    { notAfter: 2 },
  ])('does not verify with %j', (change) => {
    expect(verifier.verify({ ...terms, ...change }, signature)).toBe(false);
  });

  test('does not verify with another key, another kind of key, or a broken signature', () => {
    expect(stranger.verify(terms, signature)).toBe(false);
    expect(otherKind.verify(terms, signature)).toBe(false);
    const bytes = Buffer.from(signature.value, 'base64');
    const broken: Partial<ReleaseSignature>[] = [
      { value: '' },
      { value: 'not base64 !' },
      { value: bytes.subarray(1).toString('base64') },
      { value: Buffer.concat([bytes, bytes]).toString('base64') },
      { keyId: '0'.repeat(16) },
      { algorithm: signature.algorithm === 'ed25519' ? 'hmac-sha256' : 'ed25519' },
    ];
    for (const change of broken) expect(verifier.verify(terms, { ...signature, ...change })).toBe(false);
  });
});

test('a release key shorter than 32 bytes is refused', () => {
  expect(() => new RuleReleaseKey(randomBytes(31))).toThrow(RangeError);
});
