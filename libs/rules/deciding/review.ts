import { z } from 'zod';
import { type MaskingProfile, ReviewConditions, type RuleMatch } from '#contracts';
import { type CelTest, compileReviewCel, type ReviewContext } from '../compiling/cel.ts';
import { compileText, type ReportFault } from '../compiling/compile-rule.ts';
import { type EntityFinder, entityFinder } from '../compiling/entities.ts';
import { keywordIndex } from '../compiling/keyword-index.ts';
import type { TextConditions } from '../compiling/policy.ts';
import type { RequestText } from './decision.ts';
import { searchConditions } from './prompt-search.ts';

/** A masked answer that may have to wait for people. */
export interface ReviewInput {
  readonly texts: readonly RequestText[];
  readonly connection: string;
  readonly upstreamModel: string | null;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** What in an answer people should look at; empty where it needs nobody. */
export type Review = (input: ReviewInput) => readonly RuleMatch[];

const Conditions = z.array(ReviewConditions).min(1).max(5000);

/**
 * Makes the `conditions` of a release's review obligation ready to evaluate. Throws where they are not what a
 * policy compiles to. An expression that can't be evaluated counts as matching.
 */
export function compileReview(conditions: unknown, profiles: readonly MaskingProfile[] = []): Review {
  const parsed = Conditions.parse(conditions);
  const refuse: ReportFault = (path, message) => {
    throw new RangeError(`review condition at /${path.join('/')}: ${message}`);
  };
  const keywords: string[] = [];
  const texts: TextConditions[] = parsed.map((when) =>
    compileText(when, [], (word) => keywords.push(word) - 1, refuse),
  );
  const expressions = parsed.flatMap(({ cel }) => (cel === undefined ? [] : [compileReviewCel(cel)]));
  const index = keywordIndex(
    keywords,
    texts.map(({ keywords: ids }) => ids),
  );
  const asksEntities = texts.some(({ entities }) => entities.length > 0);
  const entities: EntityFinder | undefined = asksEntities ? entityFinder(profiles) : undefined;
  return (input) => [
    ...searchConditions({ keywords: index, entities }, input.texts, texts),
    ...expressions.flatMap((test) => (holds(test, input) ? [whole(input)] : [])),
  ];
}

function holds(
  test: CelTest<ReviewContext>,
  { texts, connection, upstreamModel, now }: ReviewInput,
): boolean {
  const characters = BigInt(texts.reduce((sum, { text }) => sum + text.length, 0));
  try {
    const place = { name: connection, upstreamModel: upstreamModel ?? '' };
    return test({ answer: { characters }, connection: place, now: new Date(now) });
  } catch {
    return true;
  }
}

function whole({ texts }: ReviewInput): RuleMatch {
  const first = texts[0];
  const end = first?.text.length ?? 0;
  return { rule: reviewRule, pointer: first?.pointer ?? '', start: 0, end, condition: 'cel' };
}

/** Stands for the rule in matches of a review: conditions travel without their rules' names. */
const reviewRule = 'review';
