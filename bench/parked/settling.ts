import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { buckets, streams } from '#contracts';
import { topologyUser } from '#messaging';
import { eventually, type World } from '#testing';

const quietMs = 2000;
const lookEveryMs = 250;
const settledWithinMs = 300_000;

/** Looks at the broker. */
export interface Settling {
  /** Resolves once every event has been acted on and recorded, and nothing was stored or indexed for two seconds. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a look at what a gateway still has to do when nobody sends anything. */
export async function openSettling(world: World): Promise<Settling> {
  const nc = await connect({
    servers: world.natsUrl,
    user: topologyUser,
    pass: world.secrets.natsPasswords[topologyUser] ?? '',
    inboxPrefix: `_INBOX_${topologyUser}`,
  });
  const manager = await jetstreamManager(nc);
  const reached = async (): Promise<string> => {
    const infos = await Promise.all(
      [streams.events, `KV_${buckets.held}`].map((stream) => manager.streams.info(stream)),
    );
    return infos.map(({ state }) => state.last_seq).join();
  };
  let last = { at: '', sinceMs: performance.now() };
  const look = async (): Promise<void> => {
    for await (const { name, num_pending, num_ack_pending } of manager.consumers.list(streams.events)) {
      const left = num_pending + num_ack_pending;
      if (left > 0) throw new Error(`${name} has ${left} events to go`);
    }
    const at = await reached();
    if (at !== last.at) last = { at, sinceMs: performance.now() };
    if (performance.now() - last.sinceMs < quietMs) throw new Error('something was stored a moment ago');
  };
  return {
    settled: () => eventually(look, { timeoutMs: settledWithinMs, everyMs: lookEveryMs }),
    close: () => nc.close(),
  };
}
