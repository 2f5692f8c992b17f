import { describe, expect, test } from '@jest/globals';
import { followHandovers, noteSignerFromSeed, noteVerifier, openHandover, signHandover } from '../index.ts';

const signer = (n: number, name = 'log') => noteSignerFromSeed(name, Buffer.alloc(32, n));
const [first, second, third, stranger] = [signer(1), signer(2), signer(3), signer(9)];
const one = noteVerifier(first.publicKey);
const handover = (to = second, by = first, origin = 'log') =>
  signHandover({ origin, key: to.publicKey, atMs: 5 }, [by]);
const names = (notes: string[], origin?: string) =>
  followHandovers([one], notes, origin).map(({ publicKey }) => publicKey);

describe('a handover', () => {
  test('says which key takes over, for whoever trusts the one before', () => {
    expect(openHandover(handover(), [one])).toEqual({ origin: 'log', key: second.publicKey, atMs: 5 });
  });

  test('leads from key to key, in whatever order they are given', () => {
    const both = [handover(third, second), handover()];
    expect(names(both, 'log')).toEqual([first.publicKey, second.publicKey, third.publicKey]);
    expect(names([...both].reverse())).toEqual(names(both));
    expect(names([])).toEqual([first.publicKey]);
  });

  test.each<[string, string[]]>([
    ['by a key that nobody handed over to', [handover(third, stranger)]],
    ['with a gap before it', [handover(third, second)]],
    ['of another log', [handover(second, first, 'other')]],
    ['that is another note', ['log\n5\nAAAA\n\n— log AAAA\n']],
    ['with another key in it than was signed', [handover().replace(second.publicKey, stranger.publicKey)]],
    ['of no key', [handover().replace(/log\+[0-9a-f]{8}/, 'log+00000000')]],
  ])('is refused %s', (_, notes) => {
    expect(() => names(notes, 'log')).toThrow();
  });
});
