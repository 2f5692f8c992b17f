import type { AnswerFacts, MaskingProfile, RuleMatch } from '#contracts';
import { type AnswerRecord, emptyRecord, type Mask } from '#protocols';
import { compileReview } from '#rules';
import type { Release } from '../running/release.ts';

const asItIs = (): Mask => ({ push: (chunk) => chunk, end: () => '' });

/** What an answer says, read from the client's bytes. */
function recordOf({ protocol, route }: Release, answer: Buffer, facts: AnswerFacts): AnswerRecord {
  if (facts.stream) {
    const stream = protocol.openAnswerStream(route, { openMask: asItIs });
    stream.push(answer);
    return stream.end().record;
  }
  const whole = protocol.maskAnswer(answer, route, { openMask: asItIs });
  return whole.kind === 'masked' ? whole.record : emptyRecord;
}

/** Every text of an answer with a pointer that names its place for people. */
function textsOf(record: AnswerRecord): { pointer: string; text: string; turn: number }[] {
  return record.choices.flatMap(({ index, text, reasoning, refusal, toolCalls, other }) => {
    const at = `/choices/${index}`;
    const calls = toolCalls.map((call, k) => [
      `${at}/message/tool_calls/${k}/function/arguments`,
      call.arguments,
    ]);
    const named: [string, string][] = [
      [`${at}/message/content`, text],
      [`${at}/message/reasoning`, reasoning],
      [`${at}/message/refusal`, refusal],
      ...(calls as [string, string][]),
      ...Object.entries(other),
    ];
    return named
      .filter(([, value]) => value !== '')
      .map(([pointer, value]) => ({ pointer, text: value, turn: 0 }));
  });
}

/**
 * What in a masked answer people have to look at before its caller gets it; undefined where the conditions of its rules
 * ask for nobody. Conditions that can't be read, and answers without a text, count as asking.
 */
export function reviewMatches(
  release: Release,
  answer: Buffer,
  facts: AnswerFacts,
  profiles: readonly MaskingProfile[],
  nowMs: number,
): readonly RuleMatch[] | undefined {
  const { connection, upstreamModel, obligations } = release.head.terms;
  const { review } = obligations;
  if (review?.when !== 'conditions') return [];
  try {
    const texts = textsOf(recordOf(release, answer, facts));
    if (texts.length === 0) return [];
    const matches = compileReview(
      review.conditions,
      profiles,
    )({ texts, connection, upstreamModel, now: nowMs });
    return matches.length > 0 ? matches.slice(0, 1000) : undefined;
  } catch {
    return [];
  }
}
