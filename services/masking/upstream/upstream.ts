import { type Connection, durationMs } from '#contracts';
import { metrics } from '#telemetry';
import {
  type AnswerSink,
  type CallEnd,
  type CallRequest,
  isSafeToRepeat,
  type UpstreamCall,
} from './call.ts';
import { chooseServer } from './choose.ts';
import type { Credentials, TlsMaterial } from './credentials.ts';
import { HealthChecks } from './health.ts';
import { ModelServer } from './server.ts';

type Timeouts = Pick<CallRequest, 'firstByteMs' | 'idleMs' | 'totalMs'>;

/** A call that never left is tried so often, each time on another server where there is one. */
const mostTries = 3;
const refused = 401;
/** Timers of Node that are set for longer go off at once. */
const longestTimerMs = 2 ** 31 - 1;
const timerMs = (duration: string): number => Math.min(longestTimerMs, durationMs(duration));

/** A connection's model servers: limits, health, circuit breakers; calls go to the least busy server that is well. */
export class Upstream {
  readonly timeouts: Timeouts;
  private readonly servers: readonly ModelServer[];
  private readonly checks: HealthChecks | undefined;
  private turn = 0;
  private wasClosedToAll = false;

  constructor(
    readonly name: string,
    readonly connection: Connection,
    maxAnswerBytes: number,
    private readonly credentials: Pick<Credentials, 'openTls' | 'refused'>,
  ) {
    const { connect, firstByte, idle, total } = connection.timeouts;
    this.timeouts = { firstByteMs: timerMs(firstByte), idleMs: timerMs(idle), totalMs: timerMs(total) };
    const limits = { connectMs: timerMs(connect), maxAnswerBytes };
    const urls = [connection.baseUrl, ...(connection.targets ?? [])];
    this.servers = urls.map((url) => new ModelServer(url, limits));
    const { health } = connection;
    this.checks =
      health &&
      new HealthChecks(this.servers, health.path, timerMs(health.every), async (server) =>
        server.connections(await this.openTls()),
      );
  }

  /** Runs one call; one that never left is tried again, on another server first. Rejects with what the sink threw. */
  async run(call: UpstreamCall, request: CallRequest, sink: AnswerSink): Promise<CallEnd> {
    const tls = await this.openTls();
    const tried = new Set<ModelServer>();
    let end: CallEnd = { kind: 'failed', code: 'upstream.unavailable', sent: false, cause: 'breaker' };
    for (let tries = 0; tries < mostTries; tries++) {
      const server = this.choose(tried);
      if (!server) break;
      tried.add(server);
      end = await this.runOn(server, tls, call, request, sink);
      if (!isSafeToRepeat(end)) break;
      // With one server the second try is the last.
      if (this.servers.length === 1 && tries === 1) break;
    }
    return end;
  }

  /** Lets running calls end; new ones are refused. */
  async close(): Promise<void> {
    this.checks?.stop();
    await Promise.all(this.servers.map((server) => server.close()));
  }

  private openTls(): Promise<TlsMaterial | undefined> {
    return this.credentials.openTls(this.connection, Date.now());
  }

  private choose(tried: ReadonlySet<ModelServer>): ModelServer | undefined {
    const nowMs = Date.now();
    const untried = this.servers.filter((server) => !tried.has(server));
    const server = chooseServer(untried.length > 0 ? untried : this.servers, this.turn++, nowMs);
    return server?.breaker.permits(nowMs) ? server : undefined;
  }

  private async runOn(
    server: ModelServer,
    tls: TlsMaterial | undefined,
    call: UpstreamCall,
    request: CallRequest,
    sink: AnswerSink,
  ): Promise<CallEnd> {
    server.busy += 1;
    try {
      const end = await call.run(server.connections(tls), request, this.heeding(sink));
      this.judge(server, end);
      return end;
    } catch (error) {
      server.breaker.succeeded();
      throw error;
    } finally {
      server.busy -= 1;
    }
  }

  /** A server that refuses the gateway's token gets a new one with the next call. */
  private heeding(sink: AnswerSink): AnswerSink {
    const { credential } = this.connection;
    if (credential.kind !== 'oauth2') return sink;
    return {
      start: (status, headers) => {
        if (status === refused) this.credentials.refused(credential);
        sink.start(status, headers);
      },
      data: (chunk) => sink.data(chunk),
      get takesJoined() {
        return sink.takesJoined === true;
      },
    };
  }

  private judge({ breaker }: ModelServer, end: CallEnd): void {
    if (end.kind === 'ended') breaker.succeeded();
    else if (end.kind === 'aborted') breaker.forgotten();
    else breaker.failed(Date.now());
    const isClosedToAll = this.servers.every((server) => server.breaker.isOpen);
    if (isClosedToAll === this.wasClosedToAll) return;
    this.wasClosedToAll = isClosedToAll;
    metrics.breakerOpen.set({ connection: this.name }, isClosedToAll ? 1 : 0);
  }
}
