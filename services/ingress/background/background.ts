import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from '#boot';
import {
  CodedError,
  encodeEnvelope,
  type HeldEntry,
  type Principal,
  requestCancelled,
  requestReleased,
  samePrincipal,
} from '#contracts';
import { BodyStore, Bus, OutputLog } from '#messaging';
import type { FoundRoute } from '#protocols';
import { Sealer } from '#sealing';
import type { IngressSettings } from '../config.ts';
import { HeldIndex } from '../waiting/held-index.ts';
import { Restoring } from '../waiting/restoring.ts';
import { Waiter } from '../waiting/waiter.ts';
import { WaitingRoom } from '../waiting/waiting-room.ts';
import { BackgroundConnection, type Reading } from './background-connection.ts';
import { requestIdOf } from './response-events.ts';

/** A call about a response that runs, or ran, in the background. */
export interface ResponseCall {
  readonly found: FoundRoute;
  readonly query: URLSearchParams;
  readonly principal: Principal;
  readonly response: ConstructorParameters<typeof BackgroundConnection>[0];
  readonly keepAliveMs: number;
}

const cancelledWithinMs = 5000;
const noEvents = { onPatienceOver: () => undefined, onDelivered: () => undefined, onError: () => undefined };

/**
 * OpenAI's background responses: retrieved, followed and cancelled by whoever asked for them, for as long as the index
 * knows them (the log's age).
 */
@Injectable()
export class Background {
  private readonly releases: OutputLog;
  /** Whom a response is streamed to. */
  private readonly followers = new Map<string, BackgroundConnection>();

  constructor(
    private readonly bus: Bus,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
    private readonly held: HeldIndex,
    private readonly room: WaitingRoom,
    private readonly restoring: Restoring,
    @Inject(SETTINGS) private readonly settings: IngressSettings,
  ) {
    this.releases = new OutputLog(bus, requestReleased.filter('people'), (head) => {
      const { terms } = head as { terms?: { requestId?: string } };
      return terms?.requestId;
    });
  }

  /** Answers a call. Throws `request.not_found`, also for somebody else's response. */
  async answer(call: ResponseCall): Promise<void> {
    const entry = this.own(call);
    switch (call.found.route.operation) {
      case 'responses.get':
        return this.retrieve(call, entry);
      case 'responses.cancel':
        return this.cancel(call, entry);
      default:
        throw new CodedError(
          'route.not_found',
          'Responses are kept as long as the log, and can not be deleted.',
        );
    }
  }

  private async retrieve(call: ResponseCall, entry: HeldEntry): Promise<void> {
    if (call.query.get('stream') !== 'true') return this.show(call, entry);
    if (!entry.stream && entry.state === 'completed') {
      throw new CodedError(
        'request.invalid',
        'Only a response that was made with stream: true can be streamed.',
      );
    }
    const after = call.query.get('starting_after');
    if (after !== null && !/^\d{1,9}$/.test(after)) {
      throw new CodedError('request.invalid', 'starting_after must be the number of an event.');
    }
    const client = connectionOf(call, entry, { as: 'events', after: after === null ? -1 : Number(after) });
    const waiter = this.waiterFor(call, entry, client);
    await this.follow(entry, waiter, client, call.keepAliveMs);
  }

  /** Streams a response to a client from now on; the one that it was streamed to before is let go. */
  async follow(
    entry: HeldEntry,
    waiter: Waiter,
    client: BackgroundConnection,
    keepAliveMs: number,
  ): Promise<void> {
    const { requestId } = entry;
    const before = this.followers.get(requestId);
    if (before && !before.response.closed) {
      const gone = new Promise((resolve) => before.response.once('close', resolve));
      before.response.destroy();
      await gone;
    }
    this.followers.set(requestId, client);
    client.response.once('close', () => {
      if (this.followers.get(requestId) === client) this.followers.delete(requestId);
    });
    client.startStream(keepAliveMs);
    await this.room.attach(entry, waiter);
  }

  /** The response as it stands. */
  private async show(call: ResponseCall, entry: HeldEntry): Promise<void> {
    const client = connectionOf(call, entry, { as: 'object' });
    const completion = await this.room.findCompletion(entry);
    if (completion) return this.waiterFor(call, entry, client).complete(completion);
    client.sendState((await this.isWaiting(entry)) ? 'queued' : 'in_progress');
  }

  /** Whether people have not decided yet. */
  private async isWaiting({ state, requestId, sinceSequence }: HeldEntry): Promise<boolean> {
    return state === 'parked' && (await this.releases.find(requestId, sinceSequence)) === undefined;
  }

  /** Withdraws what has not ended, and says how it ended. */
  private async cancel(call: ResponseCall, entry: HeldEntry): Promise<void> {
    if (entry.state !== 'completed') {
      const head = { requestId: entry.requestId, reason: 'requester' as const, at: Date.now() };
      await this.bus.publish(requestCancelled.subject(), encodeEnvelope(head));
      await this.ended(entry.requestId);
    }
    return this.show(call, this.held.get(entry.requestId) ?? entry);
  }

  private ended(requestId: string): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => {
        clearTimeout(timer);
        clearInterval(look);
        resolve();
      };
      const timer = setTimeout(stop, cancelledWithinMs);
      const look = setInterval(() => {
        if (this.held.get(requestId)?.state === 'completed') stop();
      }, 20);
    });
  }

  private own({ found, principal }: ResponseCall): HeldEntry {
    const requestId = requestIdOf(found.params.id ?? '');
    const entry = requestId === undefined ? undefined : this.held.get(requestId);
    if (!entry || entry.protocol !== found.protocol.name || !samePrincipal(entry, principal)) {
      throw new CodedError('request.not_found', 'There is no such response of yours.');
    }
    return entry;
  }

  private waiterFor({ keepAliveMs }: ResponseCall, entry: HeldEntry, client: BackgroundConnection): Waiter {
    const { requestId, subjectKey } = entry;
    const statusUrl = `${this.settings.publicUrl}/v1/requests/${requestId}`;
    const request = {
      requestId,
      subjectKey,
      asksForStream: () => entry.stream,
      patienceMs: undefined,
      statusUrl,
    };
    return new Waiter(request, client, this.sealer, this.bodies, this.restoring, keepAliveMs, noEvents);
  }
}

function connectionOf(call: ResponseCall, entry: HeldEntry, reading: Reading): BackgroundConnection {
  const { wire } = call.found.protocol;
  return new BackgroundConnection(call.response, wire, entry.requestId, reading, entry.receivedAt, undefined);
}
