import { GatewayKeyRing, type VerifiedKey } from '#auth';
import type { ActiveConfig, BlockList } from '#boot';
import {
  buckets,
  CodedError,
  configKeys,
  GatewayKeyEntry,
  type PolicyDocument,
  type RequestReceived,
} from '#contracts';
import { type Bus, watchBucket } from '#messaging';
import { resolveConnection } from '#rules';
import type { Logger } from '#telemetry';
import { namedModel } from '../limiting/named-model.ts';

/** The gateway keys that are good now, followed live in KV `config`: a revoked one is refused at once. */
export class GatewayKeys {
  private readonly ring = new GatewayKeyRing();
  private connections: ReadonlyMap<string, PolicyDocument['connections'][string]> = new Map();
  private stop: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly config: ActiveConfig,
    private readonly blocks: BlockList,
    private readonly logger: Logger,
  ) {
    config.onChange(({ document }) => {
      this.ring.enabled = document.gatewayKeys.enabled;
      this.connections = new Map(Object.entries(document.connections).sort(([a], [b]) => (a < b ? -1 : 1)));
    });
  }

  async start(): Promise<void> {
    const prefix = configKeys.gatewayKey('');
    this.stop = await watchBucket(
      this.bus,
      buckets.config,
      ({ key, value }) => {
        if (value === null) this.ring.remove(key.slice(prefix.length));
        else this.take(key, value);
      },
      {
        key: configKeys.allGatewayKeys,
        onError: (err) => this.logger.warn({ err }, 'watch of gateway keys interrupted'),
      },
    );
  }

  close(): void {
    this.stop();
  }

  /** Throws `token.invalid`, `token.expired`, and `service.unavailable` where nobody knows yet what is revoked. */
  verify(key: string, nowMs: number): VerifiedKey {
    const verified = this.ring.verify(key, nowMs);
    if (!this.blocks.isRevoked(verified.principal.client ?? '')) return verified;
    throw new CodedError('token.invalid', 'The gateway key is not valid here.');
  }

  /**
   * Ties a request made with a key to the connection it goes to, so that policy can choose no other. Throws
   * `key.connection` where that is none of the key's.
   */
  tie({ context }: RequestReceived, body: Uint8Array, { connections }: VerifiedKey): void {
    const { protocol, connection: path } = context;
    const resolved = resolveConnection(
      { connections: this.connections },
      { model: namedModel(body), path, protocol },
    );
    if (resolved.kind === 'refused' || !connections.includes(resolved.connection)) {
      throw new CodedError(
        'key.connection',
        'This gateway key does not reach the connection that the request needs.',
      );
    }
    context.connection = resolved.connection;
  }

  private take(key: string, value: Uint8Array): void {
    try {
      this.ring.put(GatewayKeyEntry.parse(this.config.verifier.open(value)));
    } catch (err) {
      this.logger.error({ err, key }, 'a gateway key can not be read and is refused');
    }
  }
}
