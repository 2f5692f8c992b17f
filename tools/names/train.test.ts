import { expect, test } from '@jest/globals';
import { names } from '#redaction';
import { Chance } from '../chance.ts';
import { generate } from './generate.ts';
import { Learner } from './learner.ts';
import { textOf } from './sample.ts';
import { inputsDigest } from './train.ts';
import { wordList } from './word-list.ts';
import { encodeModel } from './write-asset.ts';

test('the shipped model was trained on these very scripts, data and packages (else: npm run train:names)', () => {
  expect(names.namesAssetInputs).toBe(inputsDigest());
});

test('training twice gives the same bytes', () => {
  const words = wordList();
  const lexicon = names.buildLexicon({ wordHashes: words.hashes, wordFlags: words.flags }, ['en']);
  const sizes = { startBits: 10, goOnBits: 8 };
  const train = () => {
    const learner = new Learner(sizes);
    const chance = new Chance(1);
    for (let k = 0; k < 200; k++) learner.learn(generate(chance), lexicon, () => false);
    return encodeModel(learner.weights(), sizes, words);
  };
  expect(Buffer.from(train()).equals(Buffer.from(train()))).toBe(true);
});

test('the same seed gives the same texts', () => {
  const texts = (seed: number) => {
    const chance = new Chance(seed);
    return Array.from({ length: 20 }, () => textOf(generate(chance)));
  };
  expect(texts(3)).toEqual(texts(3));
  expect(texts(3)).not.toEqual(texts(4));
});

test('the model that is written is the model that is read', () => {
  const words = { hashes: Int32Array.of(-7, 9), flags: Uint8Array.of(1, 8) };
  const sizes = { startBits: 1, goOnBits: 1 };
  const weights = { start: Float64Array.from({ length: 10 }, (_, k) => k - 5), goOn: Float64Array.of(1, -1) };
  const model = names.decodeModel(encodeModel(weights, sizes, words));
  expect([...model.wordHashes, ...model.wordFlags, ...model.goOn]).toEqual([-7, 9, 1, 8, 127, -127]);
  expect(model.start[0]).toBe(-127);
});
