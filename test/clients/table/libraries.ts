import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as openai6 from 'openai';
import * as openai7 from 'openai-7';
import { aiSdk } from '../libraries/ai-sdk.ts';
import { anthropicSdk } from '../libraries/anthropic.ts';
import { curlProgram } from '../libraries/curl.ts';
import { langchain } from '../libraries/langchain.ts';
import type { Library } from '../libraries/library.ts';
import { ollamaJs } from '../libraries/ollama.ts';
import { openaiChat, openaiResponses } from '../libraries/openai.ts';

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { resolve } = createRequire(import.meta.url);

/** The pinned version of a package. */
export function versionOf(name: string): string {
  const root = resolve('openai').replace(/node_modules.*$/, '');
  const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;
  // An alias says so: npm:name@version.
  return manifest.devDependencies[name]?.replace(/^npm:.*@/, '') ?? 'not pinned';
}

/** The client libraries of the table, in its order. */
export function libraries(): Library[] {
  const ai = `ai ${versionOf('ai')} with @ai-sdk/openai-compatible ${versionOf('@ai-sdk/openai-compatible')}`;
  return [
    openaiChat(versionOf('openai'), openai6),
    // The same verbs with the same shapes, though not the same classes.
    openaiChat(versionOf('openai-7'), openai7 as unknown as typeof openai6),
    openaiResponses(versionOf('openai'), openai6),
    anthropicSdk(versionOf('@anthropic-ai/sdk')),
    ollamaJs(versionOf('ollama')),
    aiSdk(ai),
    langchain(versionOf('@langchain/openai')),
    curlProgram(),
  ];
}
