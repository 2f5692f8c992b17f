import { attention } from './attention.ts';
import { type Context, contexts } from './contexts.ts';
import { parseCorpus } from './corpus.ts';
import { type GgufTensor, type GgufValue, gguf } from './gguf.ts';
import {
  BEFORE,
  BIAS,
  CODE,
  HEAD,
  HEADS,
  KNOWN,
  MIX,
  matrix,
  NEXT,
  ONE,
  PLAIN,
  PREVIOUS,
  ROPE_BASE,
  TOPIC,
  WIDTH,
} from './layout.ts';
import { BEGIN, END, type Token, UNKNOWN, USER, vocabulary } from './vocabulary.ts';

/*
 * A language model written down instead of trained by descent: a one-layer transformer of the Llama family whose
 * numbers follow from counts over a small corpus.
 *   residual   = [ codes of this word, the one before, the one before that, the next | its topic | topics so far | 1 ]
 *   heads 0, 1 look one and two positions back and copy that word's code;
 *   head 2     looks at question words, recent ones first, and mixes their topics;
 *   the MLP    has one neuron per rule of `contexts`: it opens when its words stand there and adds the next word's code;
 *   the output compares the sum with every word's code.
 */
const STEEP = 40;
export const CONTEXT_TOKENS = 8192;

/** The weights file of the offline model, about 10 MB, as llama.cpp loads it. A pure function of the corpus. */
export function modelWeights(corpus: string): Buffer {
  const passages = parseCorpus(corpus);
  const tokens = vocabulary(passages);
  const rules = contexts(passages, tokens);
  const codes = tokens.map((_token, id) => wordCode(id));
  const tensors = [
    matrix(
      'token_embd.weight',
      WIDTH,
      tokens.map((token, id) => embedding(token, codes[id] as Float32Array)),
    ),
    vector('blk.0.attn_norm.weight', embeddingRms()),
    ...attention(),
    vector('blk.0.ffn_norm.weight', Math.sqrt((embeddingRms() ** 2 * WIDTH + 2.5) / WIDTH)),
    ...mlp(rules, codes),
    vector('output_norm.weight', 1),
    matrix(
      'output.weight',
      WIDTH,
      codes.map((code) => row((values) => values.set(code, NEXT))),
    ),
  ];
  return gguf(metadata(tokens, rules.length), tensors);
}

/** Spread over ±1/√128 by a fixed generator: nearly orthogonal for different words. */
function wordCode(id: number): Float32Array {
  const code = new Float32Array(CODE);
  let state = (id + 1) * 0x9e3779b9;
  for (let k = 0; k < CODE; k++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    code[k] = ((state ^ (state >>> 15)) & 1 ? 1 : -1) / Math.sqrt(CODE);
  }
  return code;
}

function row(fill: (values: Float32Array) => void): Float32Array {
  const values = new Float32Array(WIDTH);
  fill(values);
  return values;
}

function vector(name: string, value: number): GgufTensor {
  return { name, shape: [WIDTH], data: new Float32Array(WIDTH).fill(value) };
}

function embedding(token: Token, code: Float32Array): Float32Array {
  return row((values) => {
    values.set(code, 0);
    values[ONE] = BIAS;
    if (token.topic === undefined) values[PLAIN] = 1;
    else {
      values[TOPIC + token.topic] = Math.SQRT1_2;
      values[KNOWN] = Math.SQRT1_2;
    }
  });
}

/** Root mean square of every embedding: they all have the same length. */
function embeddingRms(): number {
  return Math.sqrt((1 + 1 + BIAS ** 2) / WIDTH);
}

function mlp(rules: readonly Context[], codes: readonly Float32Array[]): GgufTensor[] {
  const gate = rules.map((rule) => row((values) => writeGate(values, rule, codes)));
  const up = rules.map(() => row((values) => values.fill(1 / BIAS, ONE, ONE + 1)));
  const down = Array.from({ length: WIDTH }, () => new Float32Array(rules.length));
  rules.forEach((rule, neuron) => {
    const strength = rule.weight / (STEEP * opening(rule));
    for (const [next, share] of rule.next) {
      for (let k = 0; k < CODE; k++) {
        const cells = down[NEXT + k] as Float32Array;
        cells[neuron] =
          (cells[neuron] as number) + strength * share * ((codes[next] as Float32Array)[k] as number);
      }
    }
  });
  return [
    matrix('blk.0.ffn_gate.weight', WIDTH, gate),
    matrix('blk.0.ffn_up.weight', WIDTH, up),
    matrix('blk.0.ffn_down.weight', rules.length, down),
  ];
}

/** How far above its threshold a rule's neuron stands when everything it asks for is there. */
function opening(rule: Context): number {
  if (rule.topic === undefined) return 0.5;
  return rule.previous === undefined ? 0.95 : 0.3;
}

/** A neuron opens when the sum of what it looks for passes its threshold. */
function writeGate(values: Float32Array, rule: Context, codes: readonly Float32Array[]): void {
  const look = (offset: number, id: number) =>
    (codes[id] as Float32Array).forEach((number, k) => {
      values[offset + k] = STEEP * number;
    });
  look(0, rule.current);
  if (rule.previous !== undefined) look(PREVIOUS, rule.previous);
  if (rule.before !== undefined) look(BEFORE, rule.before);
  if (rule.topic !== undefined) values[MIX + rule.topic] = STEEP * (rule.previous === undefined ? 1 : 0.4);
  values[ONE] = (-STEEP * threshold(rule)) / BIAS;
}

function threshold(rule: Context): number {
  if (rule.before !== undefined) return 2.5;
  if (rule.topic === undefined) return rule.previous === undefined ? 0.5 : 1.5;
  return rule.previous === undefined ? 1.05 : 2.1;
}

function metadata(tokens: readonly Token[], neurons: number): [string, GgufValue][] {
  const kinds = { normal: 1, unknown: 2, control: 3 } as const;
  const number = (value: number) => ({ type: 'uint32', value }) as const;
  return [
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: 'sallyport-stand-in' }],
    ['general.file_type', number(1)],
    ['llama.context_length', number(CONTEXT_TOKENS)],
    ['llama.embedding_length', number(WIDTH)],
    ['llama.block_count', number(1)],
    ['llama.feed_forward_length', number(neurons)],
    ['llama.attention.head_count', number(HEADS)],
    ['llama.attention.head_count_kv', number(HEADS)],
    ['llama.attention.key_length', number(HEAD)],
    ['llama.attention.value_length', number(HEAD)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-6 }],
    ['llama.rope.dimension_count', number(HEAD)],
    ['llama.rope.freq_base', { type: 'float32', value: ROPE_BASE }],
    ['llama.vocab_size', number(tokens.length)],
    ['tokenizer.ggml.model', { type: 'string', value: 't5' }],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens.map((token) => token.text) }],
    ['tokenizer.ggml.scores', { type: 'float32s', value: tokens.map((token) => token.score) }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: tokens.map((token) => kinds[token.kind]) }],
    ['tokenizer.ggml.bos_token_id', number(BEGIN)],
    ['tokenizer.ggml.eos_token_id', number(END)],
    ['tokenizer.ggml.unknown_token_id', number(UNKNOWN)],
    ['tokenizer.ggml.padding_token_id', number(USER)],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: true }],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }],
  ];
}
