import type { RuleMatch } from '#contracts';
import type { Finding } from '#redaction';

/** A text as approvers see it, and where something stands for what was masked. */
export interface MaskedText {
  text: string;
  findings: readonly Pick<Finding, 'start' | 'end' | 'standsFor'>[];
}

/** Masks one text. */
export type Mask = (text: string) => MaskedText;

type Place = Pick<RuleMatch, 'start' | 'end' | 'rule'>;

/** Where matches in a text stand once it is masked. One that touches what was masked takes in all that stands for it. */
export function matchesInMasked(matches: readonly Place[], { findings }: MaskedText): Place[] {
  return matches.map(({ rule, start, end }) => ({
    rule,
    start: placeOf(start, findings).from,
    end: placeOf(end, findings).to,
  }));
}

/** An offset of the text in the masked one: inside a masked value, the two ends of what stands for it. */
function placeOf(offset: number, findings: MaskedText['findings']): { from: number; to: number } {
  let shift = 0;
  for (const { start, end, standsFor = 0 } of findings) {
    if (offset <= start) break;
    if (offset < end) return { from: start + shift, to: start + shift + standsFor };
    shift += standsFor - (end - start);
  }
  return { from: offset + shift, to: offset + shift };
}
