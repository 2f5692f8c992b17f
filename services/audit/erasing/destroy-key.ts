import { buckets } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';

const stream = `KV_${buckets.keys}`;

/**
 * Destroys a person's data key: deletes its message by sequence with erase, which overwrites the bytes (purging and
 * plain deletes leave them in the stream's files). Gives false where there was none.
 * Throws `MissingDependencyError` where the broker can't be asked or refuses.
 */
export async function destroyKey(bus: Bus, subjectKey: string): Promise<boolean> {
  try {
    const key = await bus.readMessage({ lastOf: `$KV.${buckets.keys}.${subjectKey}` }, stream);
    if (key === null) return false;
    const order = JSON.stringify({ seq: key.sequence, no_erase: false });
    const reply = await bus.nc.request(`$JS.API.STREAM.MSG.DELETE.${stream}`, order, { timeout: 5000 });
    const { success } = reply.json<{ success?: boolean }>();
    if (success !== true) throw new Error('the broker refused');
    return true;
  } catch (cause) {
    throw new MissingDependencyError('the data key is not destroyed yet', { cause });
  }
}
