import type { Adapter, AdapterPayload } from 'oidc-provider';

const LIMIT = 10_000;

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/**
 * Sessions, codes and grants of the embedded provider, in memory, at most 10,000: a restart signs people out,
 * tokens already given stay valid.
 */
export function memoryStore(): (model: string) => Adapter {
  const entries = new Map<string, Entry>();
  const put = (key: string, payload: AdapterPayload, expiresInSeconds: number) => {
    entries.delete(key);
    const oldest = entries.size >= LIMIT ? entries.keys().next().value : undefined;
    if (oldest !== undefined) entries.delete(oldest);
    entries.set(key, { payload, expiresAtMs: Date.now() + expiresInSeconds * 1000 });
  };
  const get = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAtMs > Date.now()) return entry?.payload;
    entries.delete(key);
    return undefined;
  };
  const findBy = (model: string, field: 'uid' | 'userCode', value: string): AdapterPayload | undefined => {
    for (const key of entries.keys()) {
      const payload = key.startsWith(`${model}:`) ? get(key) : undefined;
      if (payload?.[field] === value) return payload;
    }
    return undefined;
  };
  return (model) => ({
    upsert: async (id, payload, expiresInSeconds) => put(`${model}:${id}`, payload, expiresInSeconds ?? 600),
    find: async (id) => get(`${model}:${id}`),
    findByUid: async (uid) => findBy(model, 'uid', uid),
    findByUserCode: async (userCode) => findBy(model, 'userCode', userCode),
    consume: async (id) => {
      const payload = get(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => void entries.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
    },
  });
}
