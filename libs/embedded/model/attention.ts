import type { GgufTensor } from './gguf.ts';
import {
  BEFORE,
  BIAS,
  CODE,
  HEAD,
  HEADS,
  KNOWN,
  MIX,
  matrix,
  ONE,
  PREVIOUS,
  ROPE_BASE,
  type Rows,
  TOPIC,
  TOPICS,
  WIDTH,
} from './layout.ts';

/** Pairs that turn fast enough to tell neighbouring positions apart. */
const FAST_PAIRS = 12;

function zeros(count: number, width: number): Rows {
  return Array.from({ length: count }, () => new Float32Array(width));
}

function set(rows: Rows, k: number, column: number, number: number): void {
  (rows[k] as Float32Array)[column] = number;
}

/** Two heads that look back by one and two words, one that gathers the topics of question words. */
export function attention(): GgufTensor[] {
  const query = zeros(HEADS * HEAD, WIDTH);
  const key = zeros(HEADS * HEAD, WIDTH);
  const value = zeros(HEADS * HEAD, WIDTH);
  const output = zeros(WIDTH, HEADS * HEAD);
  [PREVIOUS, BEFORE].forEach((target, head) => {
    lookBack(query, key, head);
    for (let k = 0; k < CODE; k++) {
      set(value, head * HEAD + k, k, 1);
      set(output, target + k, head * HEAD + k, 1);
    }
  });
  lookForTopics(query, key, 2 * HEAD);
  for (let k = 0; k < TOPICS; k++) {
    set(value, 2 * HEAD + k, TOPIC + k, Math.SQRT2);
    set(output, MIX + k, 2 * HEAD + k, 1);
  }
  return [
    matrix('blk.0.attn_q.weight', WIDTH, query),
    matrix('blk.0.attn_k.weight', WIDTH, key),
    matrix('blk.0.attn_v.weight', WIDTH, value),
    matrix('blk.0.attn_output.weight', HEADS * HEAD, output),
  ];
}

/** The key is turned ahead, so that RoPE makes the product largest `head + 1` positions back. */
function lookBack(query: Rows, key: Rows, head: number): void {
  const strength = Math.sqrt(10 * Math.sqrt(HEAD)) / BIAS;
  for (let pair = 0; pair < FAST_PAIRS; pair++) {
    const angle = (head + 1) * turn(pair);
    const k = head * HEAD + 2 * pair;
    set(query, k, ONE, strength);
    set(key, k, ONE, strength * Math.cos(angle));
    set(key, k + 1, ONE, strength * Math.sin(angle));
  }
}

/** The slowest pair tells question words from others at any distance; the middle ones fade about as 1/distance². */
function lookForTopics(query: Rows, key: Rows, start: number): void {
  for (let pair = 0; pair < HEAD / 2; pair++) {
    const strength = pair === HEAD / 2 - 1 ? 12 : turn(pair) < 0.1 ? 0.45 : 0;
    set(query, start + 2 * pair, ONE, strength / BIAS);
    set(key, start + 2 * pair, KNOWN, Math.sqrt(HEAD) * Math.SQRT2);
  }
}

/** The angle by which RoPE turns a pair of numbers from one position to the next. */
function turn(pair: number): number {
  return ROPE_BASE ** (-pair / (HEAD / 2));
}
