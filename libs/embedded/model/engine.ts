import { pathToFileURL } from 'node:url';
import type { ModelFiles } from './runtime.ts';
import { ANSWER, BEGIN, END, USER } from './vocabulary.ts';
import { CONTEXT_TOKENS } from './weights.ts';

const SLOTS = 4;
const QUEUE_LIMIT = 64;
/** Longer texts can't fit the context: a token has at most a few letters. */
const TEXT_LIMIT = 16 * CONTEXT_TOKENS;

export interface ChatMessage {
  readonly role: string;
  readonly text: string;
}

export interface Sampling {
  readonly maxTokens: number;
  /** 0 always takes the likeliest word. */
  readonly temperature: number;
  readonly seed?: number;
}

/** A prompt turned into the model's tokens. */
export interface Prompt {
  readonly tokens: readonly number[];
}

export interface ModelEngine {
  /** Undefined when the messages don't fit the model's context. */
  prepare(messages: readonly ChatMessage[]): Prompt | undefined;
  /** Pieces of the answer as they are made; ends by itself or after `maxTokens`. */
  answer(
    prompt: Prompt,
    sampling: Sampling,
    signal: AbortSignal,
  ): AsyncGenerator<string, 'stop' | 'length', void>;
  /** True when no more calls are taken for now. */
  isFull(): boolean;
  close(): Promise<void>;
}

/* The part of node-llama-cpp that is used; it is installed apart and has no types here. */
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number, void, void>;
}
interface Model {
  tokenize(text: string, specialTokens: boolean): number[];
  detokenize(tokens: readonly number[], specialTokens: boolean, last: readonly number[]): string;
  createContext(options: object): Promise<{ getSequence(): Sequence }>;
}
interface Llama {
  loadModel(options: object): Promise<Model>;
  dispose(): Promise<void>;
}

/** Loads the weights into llama.cpp, on the CPU. */
export async function loadModel(files: ModelFiles): Promise<ModelEngine> {
  const binding = (await import(pathToFileURL(files.runtime).href)) as {
    getLlama(options: object): Promise<Llama>;
  };
  const llama = await binding.getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
  });
  const model = await llama.loadModel({ modelPath: files.weights });
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: SLOTS, threads: 1 });
  const slots = slotPool(Array.from({ length: SLOTS }, () => context.getSequence()));
  return {
    prepare: (messages) => prepare(model, messages),
    answer: (prompt, sampling, signal) => answer(model, slots, prompt, sampling, signal),
    isFull: () => slots.waiting() >= QUEUE_LIMIT,
    close: () => llama.dispose(),
  };
}

function prepare(model: Model, messages: readonly ChatMessage[]): Prompt | undefined {
  const tokens: number[] = [BEGIN];
  let letters = 0;
  for (const { role, text } of messages) {
    letters += text.length;
    if (letters > TEXT_LIMIT) return undefined;
    const words = model.tokenize(text.replace(/\s+/g, ' ').trim(), false);
    if (role === 'assistant') tokens.push(ANSWER, ...words, END);
    else tokens.push(USER, ...words);
    if (tokens.length >= CONTEXT_TOKENS) return undefined;
  }
  tokens.push(ANSWER);
  return { tokens };
}

async function* answer(
  model: Model,
  slots: SlotPool,
  prompt: Prompt,
  sampling: Sampling,
  signal: AbortSignal,
): AsyncGenerator<string, 'stop' | 'length', void> {
  const sequence = await slots.take();
  try {
    await sequence.clearHistory();
    const room = Math.min(sampling.maxTokens, CONTEXT_TOKENS - prompt.tokens.length);
    const made: number[] = [];
    const options = {
      temperature: sampling.temperature,
      ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    };
    for await (const token of sequence.evaluate(prompt.tokens, options)) {
      if (token === END || signal.aborted) return 'stop';
      yield model.detokenize([token], false, made);
      made.push(token);
      if (made.length >= room) return 'length';
    }
    return 'stop';
  } finally {
    slots.give(sequence);
  }
}

interface SlotPool {
  take(): Promise<Sequence>;
  give(sequence: Sequence): void;
  waiting(): number;
}

function slotPool(sequences: Sequence[]): SlotPool {
  const free = [...sequences];
  const queue: ((sequence: Sequence) => void)[] = [];
  return {
    take: () => {
      const sequence = free.pop();
      return sequence === undefined
        ? new Promise((resolve) => queue.push(resolve))
        : Promise.resolve(sequence);
    },
    give: (sequence) => {
      const next = queue.shift();
      if (next === undefined) free.push(sequence);
      else next(sequence);
    },
    waiting: () => queue.length,
  };
}
