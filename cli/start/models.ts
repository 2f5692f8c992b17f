import { StartProblem } from '#embedded';

/** Model servers on their usual ports. */
const USUAL = [
  { name: 'Ollama', url: 'http://127.0.0.1:11434' },
  { name: 'vLLM', url: 'http://127.0.0.1:8000' },
  { name: 'llama.cpp', url: 'http://127.0.0.1:8080' },
] as const;
const PROBE_MS = 500;
const TIMEOUT_MS = 10_000;
const MODELS_LIMIT = 50;

export interface FoundModelServer {
  readonly name: string;
  readonly url: string;
}

/** Model servers that answer on this machine, to be offered. */
export async function findModelServers(): Promise<FoundModelServer[]> {
  const found = await Promise.all(
    USUAL.map(async (server) =>
      (await listModels(server.url, PROBE_MS).catch(() => [])).length > 0 ? [server] : [],
    ),
  );
  return found.flat();
}

/**
 * The models that the user's own server offers.
 * @throws StartProblem when it doesn't answer or has none.
 */
export async function modelsAt(url: string): Promise<string[]> {
  const models = await listModels(url, TIMEOUT_MS).catch((cause: unknown) => {
    throw new StartProblem(
      'embedded.not_ready',
      `No model server answers at ${url}`,
      'start it, or correct --model-url',
      {
        cause,
      },
    );
  });
  if (models.length > 0) return models;
  throw new StartProblem('embedded.not_ready', `${url} offers no model`, 'load one there first');
}

async function listModels(url: string, timeoutMs: number): Promise<string[]> {
  const response = await fetch(`${url}/v1/models`, { signal: AbortSignal.timeout(timeoutMs) });
  const body = (await response.json()) as { data?: { id?: unknown }[] };
  const ids = (body.data ?? []).map(({ id }) => id).filter((id) => typeof id === 'string');
  return ids.slice(0, MODELS_LIMIT);
}
