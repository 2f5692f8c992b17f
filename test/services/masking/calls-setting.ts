import { ModelServer } from '../model-server.ts';
import { MaskingWorld } from './masking-world.ts';

const timeouts = { connect: '2s', firstByte: '1s', idle: '1s', total: '20s' };
// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
const bearer = { kind: 'bearer', secret: '${file:upstream.key}' };

/** Masking in front of two model servers. */
export interface CallsSetting {
  world: MaskingWorld;
  model: ModelServer;
  /** Behind the connection `narrow`, which allows two calls at once. */
  other: ModelServer;
  stop(): Promise<void>;
}

export async function startCallsSetting(): Promise<CallsSetting> {
  const world = await MaskingWorld.open();
  const [model, other] = [await ModelServer.start(), await ModelServer.start()];
  await world.activate({
    local: { baseUrl: model.url, credential: bearer, concurrency: 16, timeouts },
    narrow: { baseUrl: `${other.url}/v1`, concurrency: 2 },
    off: { baseUrl: model.url, enabled: false },
    nowhere: { baseUrl: 'http://127.0.0.1:1', timeouts },
  });
  await world.start();
  const stop = async (): Promise<void> => {
    await world.close();
    await model.stop();
    await other.stop();
  };
  return { world, model, other, stop };
}
