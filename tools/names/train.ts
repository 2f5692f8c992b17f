import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nameLanguages } from '#contracts';
import { names } from '#redaction';
import { Chance } from '../chance.ts';
import { generate } from './generate.ts';
import { Learner } from './learner.ts';
import { codeOf, markdownOf, paragraphs, readmePackages, versionOf } from './readmes.ts';
import { plain, type Sample } from './sample.ts';
import { type WordList, wordList } from './word-list.ts';
import { encodeModel } from './write-asset.ts';

const SEED = 20_261_122;
const EPOCHS = 5;
const SAMPLES_PER_EPOCH = 100_000;
const SIZES = { startBits: 15, goOnBits: 14 };
const HIDDEN_SHARE = 0.35;
const VARIANTS = 6;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Word lists from which a part of the names is missing, so that the lane also learns to do without. */
function variants(words: WordList) {
  return Array.from({ length: VARIANTS }, (_, k) => {
    const salt = k * 0x9e3779b1;
    const hides = (hash: number) =>
      k > 0 && (Math.imul(hash ^ salt, 0x85ebca6b) >>> 8) % 1_000 < HIDDEN_SHARE * 1_000;
    const nameBits = names.lexiconFlag.first | names.lexiconFlag.last | names.lexiconFlag.place;
    const wordFlags = words.flags.map((flag, at) => (hides(words.hashes[at]!) ? flag & ~nameBits : flag));
    return { hides, lexicon: names.buildLexicon({ wordHashes: words.hashes, wordFlags }, nameLanguages) };
  });
}

function negatives(): Sample[] {
  return readmePackages
    .flatMap((name) => [...markdownOf(root, name).flatMap(paragraphs), ...codeOf(root, name)])
    .map((text) => ({ pieces: [plain(text)] }));
}

function main(): void {
  const words = wordList();
  const choices = variants(words);
  const learner = new Learner(SIZES);
  const nothing = negatives();
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const chance = new Chance(SEED + epoch);
    for (let k = 0; k < SAMPLES_PER_EPOCH; k++) {
      const { lexicon, hides } = chance.pick(choices);
      const sample = k % 3 === 0 && nothing.length > 0 ? chance.pick(nothing) : generate(chance);
      learner.learn(sample, lexicon, hides);
    }
    console.log(`epoch ${epoch + 1} of ${EPOCHS}`);
  }
  const bytes = encodeModel(learner.weights(), SIZES, words);
  const base64 = Buffer.from(bytes).toString('base64');
  const lines = base64.match(/.{1,100}/g) ?? [];
  writeFileSync(path.join(root, 'libs/redaction/names/asset.ts'), assetSource(lines));
  console.log(
    `${bytes.length} bytes, ${words.hashes.length} words, ${nothing.length} paragraphs without names`,
  );
}

function assetSource(lines: readonly string[]): string {
  return `/** Written by \`npm run train:names\`: what it was trained on, and the model. */
export const namesAssetInputs = '${inputsDigest()}';
export const namesAsset = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
}

/** SHA-256 of everything the model depends on: the scripts and data, the tagger's code, the packages' versions. */
export function inputsDigest(): string {
  const digest = createHash('sha256');
  const add = (folder: string) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory()) add(file);
      else if (!/\.test\.ts$|^asset\.ts$/.test(entry.name))
        digest.update(`${file}\n${readFileSync(path.join(root, file), 'utf8')}`);
    }
  };
  add('tools/names');
  digest.update(readFileSync(path.join(root, 'tools/chance.ts'), 'utf8'));
  for (const name of [
    'tokens/letters',
    'tokens/token',
    'features',
    'lexicon',
    'open-name',
    'tagger',
    'tokens/read-token',
    'tokens/token-tests',
    'word-classes',
  ])
    digest.update(readFileSync(path.join(root, `libs/redaction/names/${name}.ts`), 'utf8'));
  for (const name of ['@faker-js/faker', ...readmePackages])
    digest.update(`${name} ${versionOf(root, name)}\n`);
  return digest.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
