import { KeywordFinder } from '../text/keywords/find-keywords.ts';
import { buildAutomaton, keywordPatterns } from '../text/keywords/keyword-automaton.ts';
import type { KeywordIndex } from './policy.ts';

/**
 * One automaton for the keywords of all askers; `asked` lists each asker's keyword ids. Undefined without keywords.
 * Throws RangeError where they are too many.
 */
export function keywordIndex(
  keywords: readonly string[],
  asked: readonly (readonly number[])[],
): KeywordIndex | undefined {
  if (keywords.length === 0) return undefined;
  const owners: number[][] = keywords.map(() => []);
  for (const [asker, ids] of asked.entries()) for (const id of ids) owners[id]!.push(asker);
  const patterns = keywords.flatMap((keyword, id) => keywordPatterns(id, keyword));
  return { finder: new KeywordFinder(buildAutomaton(patterns)), keywords, owners };
}
