import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from '#boot';
import {
  CodedError,
  encodeEnvelope,
  type HeldEntry,
  type Principal,
  requestCancelled,
  requestReleased,
  responseDeleted,
} from '#contracts';
import { BodyStore, Bus, OutputLog } from '#messaging';
import type { FoundRoute, Wire } from '#protocols';
import { Sealer } from '#sealing';
import type { IngressSettings } from '../config.ts';
import { belongsTo } from '../waiting/belongs-to.ts';
import { ClientConnection } from '../waiting/client-connection.ts';
import { CompletionLog } from '../waiting/completion-log.ts';
import { HeldIndex } from '../waiting/held-index.ts';
import { Restoring } from '../waiting/restoring.ts';
import { Waiter } from '../waiting/waiter.ts';
import { WaitingRoom } from '../waiting/waiting-room.ts';
import { BackgroundConnection, type Reading } from './background-connection.ts';
import { requestIdOf, responseIdOf } from './response-events.ts';

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
    private readonly completions: CompletionLog,
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
      case 'responses.delete':
        return this.delete(call, entry);
      default:
        throw new CodedError('route.not_found', 'There is no such operation of a response.');
    }
  }

  /** Answers a call that was made before with the response that it made. */
  async repeat(entry: HeldEntry, to: Recipient, stream: boolean, keepAliveMs: number): Promise<void> {
    const client = connectionTo(to, entry, stream ? { as: 'events', after: -1 } : { as: 'object' });
    const waiter = this.waiterFor(entry, client, keepAliveMs);
    if (!stream) return this.show(entry, client, waiter);
    await this.follow(entry, waiter, client, keepAliveMs);
  }

  private async retrieve(call: ResponseCall, entry: HeldEntry): Promise<void> {
    if (call.query.get('stream') !== 'true') return this.showTo(call, entry);
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
    const waiter = this.waiterFor(entry, client, call.keepAliveMs);
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
    if (before && !before.response.destroyed) {
      const gone = new Promise((resolve) => before.response.once('close', resolve));
      before.drop();
      await gone;
    }
    if (!client.open) return;
    this.followers.set(requestId, client);
    client.response.once('close', () => {
      if (this.followers.get(requestId) === client) this.followers.delete(requestId);
    });
    client.openStream(keepAliveMs);
    await this.room.attach(entry, waiter);
  }

  private showTo(call: ResponseCall, entry: HeldEntry): Promise<void> {
    const client = connectionOf(call, entry, { as: 'object' });
    return this.show(entry, client, this.waiterFor(entry, client, call.keepAliveMs));
  }

  /** The response as it stands. */
  private async show(entry: HeldEntry, client: BackgroundConnection, waiter: Waiter): Promise<void> {
    const completion = await this.completions.find(entry);
    if (completion) return waiter.complete(completion);
    client.sendState((await this.isWaiting(entry)) ? 'queued' : 'in_progress');
  }

  /** Whether people have not decided yet. */
  private async isWaiting({ state, requestId, sinceSequence }: HeldEntry): Promise<boolean> {
    return state === 'parked' && (await this.releases.find(requestId, sinceSequence)) === undefined;
  }

  /** Withdraws what has not ended, and says how it ended. */
  private async cancel(call: ResponseCall, entry: HeldEntry): Promise<void> {
    await this.end(entry);
    return this.showTo(call, this.held.get(entry.requestId) ?? entry);
  }

  private async end(entry: HeldEntry): Promise<void> {
    const { requestId, state } = entry;
    // The index may be a moment behind the log.
    if (state === 'completed' || (await this.completions.find(entry))) return;
    const head = { requestId, reason: 'requester' as const, at: Date.now() };
    await this.bus.publish(requestCancelled.subject(), encodeEnvelope(head));
    await this.ended(requestId);
  }

  /**
   * Gives a response to nobody any more; one that has not ended is withdrawn. What the ledger holds of it goes with
   * retention or erasure, as everything there.
   */
  private async delete({ found, principal, response }: ResponseCall, entry: HeldEntry): Promise<void> {
    const { requestId, subjectKey } = entry;
    await this.end(entry);
    const at = Date.now();
    const head = { requestId, principal, subjectKey, at };
    await this.bus.publish(responseDeleted.subject(), encodeEnvelope(head));
    await this.held.write(requestId, (now) => now && { ...now, deletedAt: at });
    const { wire } = found.protocol;
    const body = wire.writeDeleted?.(responseIdOf(requestId)) ?? '{}';
    new ClientConnection(response, wire, requestId).send(200, { 'content-type': 'application/json' }, body);
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
    if (!entry || entry.protocol !== found.protocol.name || !belongsTo(entry, principal)) {
      throw new CodedError('request.not_found', 'There is no such response of yours.');
    }
    return entry;
  }

  private waiterFor(entry: HeldEntry, client: BackgroundConnection, keepAliveMs: number): Waiter {
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

/** Where a response goes. */
interface Recipient {
  readonly wire: Wire;
  readonly response: ConstructorParameters<typeof BackgroundConnection>[0];
  readonly isReplay?: boolean;
}

function connectionOf({ found, response }: ResponseCall, entry: HeldEntry, reading: Reading) {
  return connectionTo({ wire: found.protocol.wire, response }, entry, reading);
}

function connectionTo(
  { wire, response, isReplay }: Recipient,
  { requestId, receivedAt }: HeldEntry,
  reading: Reading,
): BackgroundConnection {
  const client = new BackgroundConnection(response, wire, requestId, reading, receivedAt, undefined);
  if (isReplay) client.markReplayed();
  return client;
}
