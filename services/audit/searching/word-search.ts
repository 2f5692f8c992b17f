import { CodedError, contentRead, encodeEnvelope, type Principal, type Role } from '#contracts';
import type { Bus } from '#messaging';
import type { SessionFilter } from '../sessions/session-query.ts';
import type { WordHashes } from './word-hashes.ts';
import { addWords, isPair, wordLength } from './words.ts';

/** Words that one search may ask for, … */
const wordsAsked = 10;
/** … and pairs, where a script has no words: together they are a long sentence. */
const pairsAsked = 64;

/** Who looks for which words. */
export interface Search {
  readonly searcher: Principal;
  readonly roles: readonly Role[];
  readonly words: string;
}

/** Finds requests by the words of their prompts and answers: whole words, all of them. For auditors. */
export class WordSearch {
  constructor(
    private readonly hashes: WordHashes,
    private readonly bus: Bus,
  ) {}

  /** A filter narrowed to the requests that have every word. Throws `CodedError`: not an auditor, no word, too many. */
  narrow(filter: SessionFilter, { roles, words }: Omit<Search, 'searcher'>): SessionFilter {
    if (!roles.includes('auditor')) {
      throw new CodedError('access.forbidden', 'Only auditors may search for words.');
    }
    const asked = askedIn(words);
    const pairs = [...asked].filter(isPair).length;
    if (asked.size === 0 || asked.size - pairs > wordsAsked || pairs > pairsAsked) {
      const { least, most } = wordLength;
      const message = `Ask for 1 to ${wordsAsked} words of ${least} to ${most} letters or digits; where words have no spaces between them, for ${least} to ${pairsAsked + 1} characters.`;
      throw new CodedError('request.invalid', message);
    }
    const parameters = [...filter.parameters, [...asked].map((word) => this.hashes.of(word))];
    const found = `id in (select id from session_words where words @> $${parameters.length}::bigint[])`;
    return { where: `${filter.where} and ${found}`, parameters };
  }

  /** Nobody learns unrecorded who wrote a word. The ledger has how many words, not which. */
  async record({ searcher: reader, words }: Search, found: number): Promise<void> {
    const head = { search: { words: askedIn(words).size, found }, reader, at: Date.now() };
    await this.bus.publish(contentRead.subject(), encodeEnvelope(head)).catch((cause: unknown) => {
      const message = 'That you searched could not be recorded, so nothing is shown. Try again.';
      throw new CodedError('service.unavailable', message, { cause });
    });
  }
}

function askedIn(words: string): Set<string> {
  const asked = new Set<string>();
  addWords(asked, words, wordsAsked + pairsAsked + 1);
  return asked;
}
