import type { PolicyDocument } from '#contracts';
import { checkReferences } from '../checking/check-references.ts';
import { contentDigest } from '../content-digest.ts';
import { compileReviewCel } from './cel.ts';
import { celOf, compileRule, compileText, type DocumentFault, type KeywordId } from './compile-rule.ts';
import { entityFinder } from './entities.ts';
import { keywordIndex } from './keyword-index.ts';
import type { CompiledPolicy, CompiledRule, KeywordIndex } from './policy.ts';
import { profileTable } from './profiles.ts';

export type Compilation =
  | { readonly kind: 'policy'; readonly policy: CompiledPolicy }
  | { readonly kind: 'faults'; readonly faults: readonly DocumentFault[] };

/** Makes a document ready to evaluate, or says everything that is wrong with it. */
export function compilePolicy(document: PolicyDocument): Compilation {
  const faults: DocumentFault[] = [];
  const report = (path: readonly (string | number)[], message: string) => void faults.push({ path, message });
  checkReferences(document, report);
  const keywords = new Keywords();
  const rules = inNameOrder(document).map(({ rule, at }, index) => {
    const under = (path: readonly (string | number)[], message: string) =>
      report(['rules', at, ...path], message);
    if (typeof rule.review === 'object') {
      compileText(rule.review.when, ['review', 'when'], () => 0, under);
      celOf(rule.review.when.cel, ['review', 'when', 'cel'], under, compileReviewCel);
    }
    return compileRule(rule, index, document, keywords.idOf, under);
  });
  const index = attempt(
    () => keywords.index(rules),
    () => report(['rules'], 'expected fewer or shorter keywords'),
  );
  const profiles = attempt(
    () => profileTable(document),
    (message) => report(['rules'], message),
  );
  const entities = attempt(
    () => (needsEntities(document) ? entityFinder(Object.values(document.masking.profiles)) : undefined),
    (message) => report(['masking'], message),
  );
  if (faults.length > 0 || profiles === undefined) return { kind: 'faults', faults };
  const connections = new Map(Object.entries(document.connections).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = contentDigest({ ...document, rules: inNameOrder(document).map(({ rule }) => rule) });
  return {
    kind: 'policy',
    policy: { document, digest, rules, connections, keywords: index, entities, profiles },
  };
}

function inNameOrder({ rules }: PolicyDocument) {
  const placed = rules.map((rule, at) => ({ rule, at }));
  return placed.sort((a, b) => (a.rule.name < b.rule.name ? -1 : a.rule.name > b.rule.name ? 1 : 0));
}

/** Whether rules ask for entities in prompts. */
export function needsEntities({ rules }: PolicyDocument): boolean {
  return rules.some(({ prompt }) => prompt?.entities !== undefined);
}

function attempt<T>(make: () => T, onFault: (message: string) => void): T | undefined {
  try {
    return make();
  } catch (error) {
    onFault(error instanceof Error ? error.message : 'not usable');
    return undefined;
  }
}

/** The keywords of all rules, each once. */
class Keywords {
  readonly #ids = new Map<string, number>();

  readonly idOf: KeywordId = (keyword) => {
    const known = this.#ids.get(keyword);
    if (known !== undefined) return known;
    this.#ids.set(keyword, this.#ids.size);
    return this.#ids.size - 1;
  };

  index(rules: readonly CompiledRule[]): KeywordIndex | undefined {
    return keywordIndex(
      [...this.#ids.keys()],
      rules.map(({ prompt }) => prompt?.keywords ?? []),
    );
  }
}
