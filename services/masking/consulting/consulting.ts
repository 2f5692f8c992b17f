import { createHash } from 'node:crypto';
import type { ExternalDetector, MaskingProfile } from '#contracts';
import { MissingDependencyError } from '#messaging';
import type { Resolve } from '#outgoing';
import type { Mask } from '#protocols';
import type { FindGiven, Span } from '#redaction';
import { prepareRequest } from '../asking/prepare.ts';
import type { Release } from '../running/release.ts';
import { analyzeAll, DetectorError } from './analyzer.ts';

/** One prompt may ask about so much; a larger one counts as a failure. */
const mostTexts = 5_000;
const mostChars = 2_000_000;
/** Answers that are remembered, by hash of the question: the earlier turns of a conversation come again. */
const mostRemembered = 20_000;
const nothingToFind = /^[\s\d]{0,3}$|^.?$/;

/** Asks the detectors that a profile names about the texts of a prompt, before it is masked. */
export class Consulting {
  private readonly remembered = new Map<string, readonly Span[]>();

  constructor(private readonly resolve?: Resolve) {}

  /**
   * What they found, by text; undefined where the profile names none. Throws `DetectorError` where the request is to be
   * refused because one can't be asked, `MissingDependencyError` where it is to be held.
   */
  async find(profile: MaskingProfile, release: Release, body: Buffer): Promise<FindGiven | undefined> {
    if (!profile.external || profile.external.length === 0) return undefined;
    const texts = textsOf(release, body);
    const found = new Map<string, Span[]>(texts.map((text) => [text, []]));
    for (const detector of profile.external) {
      const spans = await this.ask(detector, texts).catch((error: unknown) => {
        if (profile.mode === 'shadow') return undefined;
        if (detector.onFailure === 'block') throw error;
        throw new MissingDependencyError('a detector that masking needs can not be asked', { cause: error });
      });
      for (const [text, more] of spans ?? []) found.get(text)?.push(...more);
    }
    return (text) => found.get(text) ?? (nothingToFind.test(text) ? [] : undefined);
  }

  private async ask(
    detector: ExternalDetector,
    texts: readonly string[],
  ): Promise<Map<string, readonly Span[]>> {
    const signal = AbortSignal.timeout(detector.timeoutMs);
    const answers = new Map<string, readonly Span[]>();
    const keyOf = questionKey(detector);
    const unknown: string[] = [];
    for (const text of texts) {
      const known = this.remembered.get(keyOf(text));
      if (known) answers.set(text, known);
      else unknown.push(text);
    }
    const chars = unknown.reduce((sum, text) => sum + text.length, 0);
    if (unknown.length > mostTexts || chars > mostChars)
      throw new DetectorError('the prompt is too large to ask about');
    if (unknown.length === 0) return answers;
    for (const [text, spans] of await analyzeAll(detector, unknown, signal, this.resolve)) {
      answers.set(text, spans);
      if (this.remembered.size >= mostRemembered)
        this.remembered.delete(this.remembered.keys().next().value!);
      this.remembered.set(keyOf(text), spans);
    }
    return answers;
  }
}

function questionKey({ url, languages, entities }: ExternalDetector): (text: string) => string {
  const question = JSON.stringify([url, languages, entities ?? null]);
  return (text) => createHash('sha256').update(question).update('\0').update(text).digest('base64');
}

/** Every text that masking will see of a request, each once. */
function textsOf(release: Release, body: Buffer): string[] {
  const texts = new Set<string>();
  const openMaskOf = (): Mask => {
    let text = '';
    return {
      push: (chunk) => {
        text += chunk;
        return chunk;
      },
      end: () => {
        if (!nothingToFind.test(text)) texts.add(text);
        return '';
      },
    };
  };
  prepareRequest(release, body, {
    openMaskOf,
    openJsonMaskOf: openMaskOf,
    openJsonMask: undefined,
    openFieldMask: undefined,
  });
  return [...texts];
}
