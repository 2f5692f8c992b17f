import type { RuleMatch } from '#contracts';
import type { CompiledPolicy, TextConditions } from '../compiling/policy.ts';
import { originalSpan, spanIsNew, type View, within } from '../text/decoding/view.ts';
import { normalisedView } from '../text/folding/normalised.ts';
import { type Seam, seamsOf } from '../text/seams.ts';
import { respellingsOf, viewsOf } from '../text/views.ts';
import type { RequestText } from './decision.ts';

/** So many places of one condition are reported; more would not make the decision clearer. */
const matchesPerCondition = 20;
const matchesPerRule = 100;

/** A rule whose text conditions are to be looked for, from a turn on. */
export interface TextQuestion {
  /** The index under which keywords name their asker. */
  readonly asker: number;
  /** The rule that matches are reported for. */
  readonly rule: string;
  readonly conditions: TextConditions;
  /** Turns up to this one were approved under this rule. */
  readonly approvedThrough: number;
  /** Whether text that is too intricate to search counts as matching. */
  readonly failsClosed: boolean;
}

/** What searches share: the keywords of all askers, and what finds entities. */
export type SearchTables = Pick<CompiledPolicy, 'keywords' | 'entities'>;

/** What was found for one asker. */
interface Found {
  readonly question: TextQuestion;
  readonly matches: RuleMatch[];
  readonly perCondition: Map<string, number>;
}

/** Looks for the text conditions of several rules at once. Askers for whom nothing was found are not in the answer. */
export function searchTexts(
  tables: SearchTables,
  texts: readonly RequestText[],
  questions: readonly TextQuestion[],
): ReadonlyMap<number, readonly RuleMatch[]> {
  const search = new Search(tables, questions);
  const earliest = Math.min(...questions.map(({ approvedThrough }) => approvedThrough));
  const unapproved = texts.filter(({ turn }) => turn > earliest);
  for (const text of unapproved) search.text(text);
  for (const seam of seamsOf(unapproved)) search.seam(seam);
  return search.results();
}

/** Looks for conditions that belong to no rule, in every text. */
export function searchConditions(
  tables: SearchTables,
  texts: readonly RequestText[],
  conditions: readonly TextConditions[],
): readonly RuleMatch[] {
  const questions = conditions.map((one, asker) => {
    return { asker, rule: 'review', conditions: one, approvedThrough: -1, failsClosed: true };
  });
  return [...searchTexts(tables, texts, questions).values()].flat();
}

type Place = (start: number, end: number) => readonly { pointer: string; start: number; end: number }[];

class Search {
  readonly #tables: SearchTables;
  readonly #found = new Map<number, Found>();
  readonly #patterns: readonly Found[];
  readonly #entities: readonly Found[];
  readonly #keywords: boolean;
  /** Those that match where a text can't be searched to its end. */
  readonly #strict: readonly Found[];
  readonly #entityCounts = new Map<string, number>();

  constructor(tables: SearchTables, questions: readonly TextQuestion[]) {
    this.#tables = tables;
    for (const question of questions) {
      this.#found.set(question.asker, { question, matches: [], perCondition: new Map() });
    }
    const all = [...this.#found.values()];
    this.#patterns = all.filter(({ question }) => question.conditions.patterns.length > 0);
    this.#entities = all.filter(({ question }) => question.conditions.entities.length > 0);
    this.#strict = all.filter(({ question }) => question.failsClosed);
    this.#keywords = all.some(({ question }) => question.conditions.keywords.length > 0);
  }

  text({ text, turn, pointer }: RequestText): void {
    this.#views(text, [], turn, (start, end) => [{ pointer, start, end }]);
  }

  /** Text of neighbouring parts put together: only what spans two of them is new. */
  seam({ text, turn, place, onlyWords }: Seam): void {
    if (onlyWords && !this.#keywords) return;
    const spanning: Place = (start, end) => {
      const parts = place(start, end);
      return parts.length > 1 ? parts : [];
    };
    this.#views(text, ['joined-parts'], turn, spanning, onlyWords);
  }

  results(): ReadonlyMap<number, readonly RuleMatch[]> {
    const results = new Map<number, readonly RuleMatch[]>();
    for (const [index, { matches }] of this.#found) if (matches.length > 0) results.set(index, matches);
    return results;
  }

  #views(text: string, how: readonly string[], turn: number, place: Place, onlyWords = false): void {
    const { views, isComplete } = viewsOf(text);
    let isSearched = isComplete;
    const named = (view: View): View => (how.length === 0 ? view : { ...view, how: [...view.how, ...how] });
    for (const view of views) if (!this.#view(named(view), turn, place, onlyWords)) isSearched = false;
    if (this.#keywords) {
      for (const view of respellingsOf(views)) {
        if (!this.#findKeywords(named(view), turn, place)) isSearched = false;
      }
    }
    if (!isSearched) this.#addUnsearched(text, turn, place);
  }

  /** Text that was made to be too much to search counts as matching. */
  #addUnsearched(text: string, turn: number, place: Place): void {
    const whole: View = { text, starts: undefined, ends: undefined, changes: undefined, how: [] };
    for (const found of this.#strict) {
      this.#add(found, 'text too intricate to search', whole, turn, place, 0, text.length, []);
    }
  }

  /** False where it could not be searched to its end. */
  #view(view: View, turn: number, place: Place, onlyWords: boolean): boolean {
    const isSearched = !this.#keywords || this.#findKeywords(view, turn, place);
    if (!onlyWords) this.#findEverywhere(view, turn, place);
    return isSearched;
  }

  #findEverywhere(view: View, turn: number, place: Place): void {
    if (this.#patterns.length === 0 && this.#entities.length === 0) return;
    this.#findShapes(view, turn, place);
    const normalised = normalisedView(view.text);
    if (normalised !== undefined) this.#findShapes(within(view, normalised), turn, place);
  }

  #findShapes(view: View, turn: number, place: Place): void {
    for (const found of this.#patterns) this.#findPatterns(found, view, turn, place);
    if (this.#entities.length > 0) this.#findEntities(view, turn, place);
  }

  #findKeywords(view: View, turn: number, place: Place): boolean {
    const index = this.#tables.keywords;
    if (index === undefined) return true;
    return index.finder.find(view.text, ({ id, start, end, how }) => {
      for (const owner of index.owners[id]!) {
        const found = this.#found.get(owner);
        if (found !== undefined)
          this.#add(found, `keyword "${index.keywords[id]}"`, view, turn, place, start, end, how);
      }
    });
  }

  #findPatterns(found: Found, view: View, turn: number, place: Place): void {
    if (turn <= found.question.approvedThrough) return;
    for (const pattern of found.question.conditions.patterns) {
      if (!pattern.test(view.text)) continue;
      for (const { start, end } of pattern.find(view.text, matchesPerCondition)) {
        this.#add(found, `pattern "${pattern.source}"`, view, turn, place, start, end, []);
      }
    }
  }

  #findEntities(view: View, turn: number, place: Place): void {
    const spans = this.#tables.entities?.find(view.text) ?? [];
    for (const found of this.#entities) {
      if (turn <= found.question.approvedThrough) continue;
      for (const { type, moreThan } of found.question.conditions.entities) {
        this.#countEntities(found, type, moreThan, spans, view, turn, place);
      }
    }
  }

  #countEntities(
    found: Found,
    type: string,
    moreThan: number,
    spans: readonly { entity: string; start: number; end: number }[],
    view: View,
    turn: number,
    place: Place,
  ): void {
    const key = `${found.question.asker} ${type} ${moreThan}`;
    let count = this.#entityCounts.get(key) ?? 0;
    for (const { entity, start, end } of spans) {
      if (entity !== type || !spanIsNew(view, start, end)) continue;
      count++;
      const condition = moreThan === 0 ? `entity ${type}` : `more than ${moreThan} of entity ${type}`;
      if (count > moreThan) this.#add(found, condition, view, turn, place, start, end, []);
    }
    this.#entityCounts.set(key, count);
  }

  #add(
    found: Found,
    condition: string,
    view: View,
    turn: number,
    place: Place,
    start: number,
    end: number,
    how: readonly string[],
  ): void {
    if (turn <= found.question.approvedThrough || !spanIsNew(view, start, end)) return;
    const count = found.perCondition.get(condition) ?? 0;
    if (count >= matchesPerCondition || found.matches.length >= matchesPerRule) return;
    const original = originalSpan(view, start, end);
    const decodedAs = [...new Set([...view.how, ...how])].join('+');
    for (const part of place(original.start, original.end)) {
      found.perCondition.set(condition, count + 1);
      found.matches.push({
        rule: found.question.rule,
        ...part,
        condition,
        ...(decodedAs !== '' && { decodedAs }),
      });
    }
  }
}
