import { names } from '#redaction';
import type { LearnerSizes } from './learner.ts';
import type { WordList } from './word-list.ts';

/** Weights as bytes: the largest thousandth is cut so that the rest keeps its precision. */
function quantise(weights: Float64Array, steps: number): Int8Array {
  return Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight * steps))));
}

function stepsFor(weights: Float64Array): number {
  const sizes = weights
    .filter((weight) => weight !== 0)
    .map(Math.abs)
    .sort();
  return 127 / (sizes[Math.floor(sizes.length * 0.999)] ?? 1);
}

/** The asset's bytes: header, start weights, go-on weights, word hashes, word flags. */
export function encodeModel(
  weights: { start: Float64Array; goOn: Float64Array },
  { startBits, goOnBits }: LearnerSizes,
  words: WordList,
): Uint8Array {
  const steps = stepsFor(weights.start);
  const start = quantise(weights.start, steps);
  const goOn = quantise(weights.goOn, stepsFor(weights.goOn));
  const hashes = new Uint8Array(words.hashes.length * 4);
  const view = new DataView(hashes.buffer);
  words.hashes.forEach((hash, k) => {
    view.setInt32(k * 4, hash, true);
  });
  const header = new DataView(new ArrayBuffer(names.HEADER_BYTES));
  const scale = Math.round(steps * 7);
  const slack = Math.round(steps * 3);
  for (const [k, value] of [startBits, goOnBits, scale, slack, words.hashes.length].entries())
    header.setUint32(k * 4, value, true);
  return Buffer.concat([
    new Uint8Array(header.buffer),
    new Uint8Array(start.buffer),
    new Uint8Array(goOn.buffer),
    hashes,
    words.flags,
  ]);
}
