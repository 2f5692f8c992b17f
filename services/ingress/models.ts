import type { PolicyDocument } from '#contracts';
import type { ModelEntry } from '#protocols';

/**
 * The models that callers can name: every enabled connection's names and aliases, patterns left out. `reached`: only those
 * of these connections. Pure.
 */
export function listModels(
  document: PolicyDocument,
  activatedAtMs: number,
  reached?: readonly string[],
): ModelEntry[] {
  const entries = new Map<string, ModelEntry>();
  for (const [name, connection] of Object.entries(document.connections)) {
    if (!connection.enabled || reached?.includes(name) === false) continue;
    const ids = [...(connection.models ?? []), ...Object.keys(connection.aliases ?? {})];
    for (const id of ids) {
      if (id.includes('*') || entries.has(id)) continue;
      entries.set(id, { id, ownedBy: name, createdAtS: Math.floor(activatedAtMs / 1000) });
    }
  }
  return [...entries.values()];
}
