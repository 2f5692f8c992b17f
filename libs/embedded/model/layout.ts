import type { GgufTensor } from './gguf.ts';

/* Where what stands in the residual of the offline model, and how wide its parts are. */
export const CODE = 128;
export const TOPICS = 32;
export const PREVIOUS = 1 * CODE;
export const BEFORE = 2 * CODE;
export const NEXT = 3 * CODE;
export const TOPIC = 4 * CODE;
export const MIX = TOPIC + TOPICS;
export const ONE = MIX + TOPICS;
export const KNOWN = ONE + 1;
export const PLAIN = ONE + 2;
export const WIDTH = 624;
export const HEAD = 1 * CODE;
export const HEADS = 3;
export const ROPE_BASE = 1e6;
/** What `1` is multiplied by in the residual, so that its norm hardly depends on the rest. */
export const BIAS = 2;

export type Rows = readonly Float32Array[];

/** A matrix whose rows are the weights of one output each. */
export function matrix(name: string, width: number, rows: Rows): GgufTensor {
  const data = new Float32Array(width * rows.length);
  rows.forEach((values, k) => {
    data.set(values, k * width);
  });
  return { name, shape: [width, rows.length], data };
}
