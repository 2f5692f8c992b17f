import { type Finding, findAll, type Source } from './sources.ts';

const pure = /^libs\/(?:contracts|protocols|rules|redaction|ledger)\/.*\.ts$/;
const test = /(?:\.test|test-kit)\.ts$/;
const impure =
  /\b(?:Date\.now|performance\.now|Math\.random|random(?:Bytes|UUID|Int|FillSync)|setTimeout|setInterval|process\.env)\b|\bnew Date\(\)/g;

/** Clock, chance and environment in the pure libraries: time and ids are arguments there. */
export function findImpurities(sources: readonly Source[]): Finding[] {
  return sources
    .filter(({ path }) => pure.test(path) && !test.test(path))
    .flatMap((source) => findAll(source, impure, (match) => `not pure: ${match}`));
}
