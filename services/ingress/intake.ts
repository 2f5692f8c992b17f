import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, SETTINGS } from '#boot';
import {
  type CallKeyEntry,
  CodedError,
  encodeEnvelope,
  type HeldEntry,
  type RequestContext,
  type RequestReceived,
  requestAttached,
  requestReceived,
} from '#contracts';
import { BodyStore, Bus } from '#messaging';
import { type ProtocolName, protocolOf } from '#protocols';
import { contentLabel, Sealer } from '#sealing';
import type { Logger } from '#telemetry';
import { Background } from './background/background.ts';
import type { BackgroundConnection } from './background/background-connection.ts';
import { CallKeys } from './background/call-keys.ts';
import type { IngressSettings } from './config.ts';
import { Turnstile } from './limiting/turnstile.ts';
import type { Limits } from './limits.ts';
import { ownerOf } from './waiting/belongs-to.ts';
import type { ClientConnection } from './waiting/client-connection.ts';
import { HeldIndex, runningEntry } from './waiting/held-index.ts';
import { reattach } from './waiting/reattach.ts';
import { Restoring } from './waiting/restoring.ts';
import { Waiter } from './waiting/waiter.ts';
import { WaitingRoom } from './waiting/waiting-room.ts';

/** A request at the door, identified and read. */
export interface Call {
  received: RequestReceived;
  body: Uint8Array;
  client: ClientConnection;
  patienceMs: number | undefined;
  /** `Prefer: respond-async`: how long to wait before answering 202. */
  asyncWaitMs: number | undefined;
  /** Several people share the caller's identity, and nobody knows who of them calls. */
  neverResent: boolean;
  /** The client sent an idempotency key. */
  hasKey: boolean;
  /** Set where the answer is asked for later: what the client gets now. */
  background?: { client: BackgroundConnection; stream: boolean };
}

/** A call that was taken in is in the index soon after. */
const indexedWithinMs = 5000;

/** Lets a call in: as the continuation of an earlier one, or as a new request that is published and waited for. */
@Injectable()
export class Intake {
  constructor(
    private readonly bus: Bus,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
    private readonly restoring: Restoring,
    private readonly held: HeldIndex,
    private readonly room: WaitingRoom,
    private readonly turnstile: Turnstile,
    private readonly background: Background,
    private readonly callKeys: CallKeys,
    @Inject(SETTINGS) private readonly settings: IngressSettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Takes a call in. Throws a `CodedError` where it is refused before anything was published. */
  async take(call: Call, limits: Limits): Promise<void> {
    const { context, body } = call.received;
    const isKeyed = call.hasKey && !call.neverResent;
    if (call.background && isKeyed) return this.takeOnce(call, limits);
    if (isKeyed) await this.claimBody(call);
    // Without a waiting client a call that is sent twice can't be told from two calls.
    const isApart = call.background !== undefined || call.neverResent;
    const known = isApart ? undefined : this.held.find(context.fingerprint);
    if (known) {
      // A client that went away just now is noticed in this turn of the event loop: its close may stand behind this.
      if (this.isLive(known, Date.now())) await new Promise(setImmediate);
      const nowMs = Date.now();
      const live = this.isLive(known, nowMs);
      const what = reattach({ known, live, bodyDigest: body.digest, ...limits.pickUp, nowMs });
      if (what.kind === 'mismatch') throw mismatch();
      if (what.kind !== 'new') return this.attach(call, what.entry, what.kind, limits);
    }
    await this.turnstile.pass(call.received, call.body);
    await this.publish(call, limits);
  }

  /** An idempotency key stands for one body, also where the first call is over. Throws where it came with another. */
  private async claimBody({ received }: Call): Promise<void> {
    const { requestId, context, body } = received;
    const entry = { requestId, bodyDigest: body.digest, at: context.receivedAt };
    const claimed = await this.callKeys.claim(context.fingerprint, entry, () => true);
    if (claimed.kind === 'repeated' && claimed.earlier.bodyDigest !== body.digest) throw mismatch();
  }

  /** A background call with an idempotency key: made once, whatever comes again gets the same response. */
  private async takeOnce(call: Call, limits: Limits): Promise<void> {
    const { requestId, context, body } = call.received;
    const entry = { requestId, bodyDigest: body.digest, at: context.receivedAt };
    const claimed = await this.callKeys.claim(
      context.fingerprint,
      entry,
      (id) => this.held.get(id) !== undefined && this.held.get(id)?.deletedAt === undefined,
    );
    if (claimed.kind === 'repeated') return this.repeat(call, claimed.earlier, limits);
    try {
      await this.turnstile.pass(call.received, call.body);
      await this.publish(call, limits);
    } catch (error) {
      await claimed.release().catch((err) => this.logger.warn({ err, requestId }, 'a key stays claimed'));
      throw error;
    }
  }

  /** The response that an idempotency key stands for, as it is now. */
  private async repeat(call: Call, earlier: CallKeyEntry, limits: Limits): Promise<void> {
    if (earlier.bodyDigest !== call.received.body.digest) throw mismatch();
    const entry = await this.held.wait(earlier.requestId, indexedWithinMs);
    if (!entry) throw new CodedError('service.unavailable', 'The first call is still on its way. Try again.');
    call.client.markReplayed();
    await this.say(call, entry, 'resend');
    const { client, background } = call;
    const found = protocolOf(entry.protocol as ProtocolName);
    const to = { wire: found.wire, response: client.response, isReplay: true };
    await this.background.repeat(entry, to, background?.stream === true, limits.keepAliveMs);
  }

  /** Whether an earlier call has its client; what is connected here is known before the index says so. */
  private isLive(known: HeldEntry, nowMs: number): boolean {
    if (known.instance === this.settings.instance) return this.room.has(known.requestId);
    return this.held.isLive(known, nowMs);
  }

  /** Hands an earlier call's answer, or the wait for it, to the client that came back. */
  private async attach(
    call: Call,
    entry: HeldEntry,
    how: 'attach' | 'pick_up',
    limits: Limits,
  ): Promise<void> {
    call.client.markReplayed();
    const waiter = this.waiterFor(call, entry.requestId, entry.subjectKey, limits);
    await this.room.attach(entry, waiter);
    await this.say(call, entry, how === 'attach' ? 'resend' : 'pickup');
  }

  /** Records that a client came back. */
  private async say({ received }: Call, { requestId }: HeldEntry, how: 'resend' | 'pickup'): Promise<void> {
    const { principal, subjectKey } = received.context;
    const head = { requestId, principal, subjectKey, at: Date.now(), how };
    await this.bus.publish(requestAttached.subject(), encodeEnvelope(head));
  }

  private async publish(call: Call, limits: Limits): Promise<void> {
    const { received, body } = call;
    const { requestId, context } = received;
    const sealed = await this.sealer.seal(context.subjectKey, contentLabel(requestId, 'body:1'), body);
    const stored = received.body.location.in === 'store';
    if (received.body.location.in === 'store') await this.bodies.put(received.body.location.name, sealed);
    const entry = this.entryOf(received);
    if (call.asyncWaitMs === undefined && !call.background) {
      // Nobody waits, and nothing was published that would have to be ended.
      if (!call.client.open) return;
      this.room.enter(entry, this.waiterFor(call, requestId, context.subjectKey, limits));
    }
    try {
      const payload = encodeEnvelope(received, stored ? undefined : sealed);
      // Published once and never again by this id, so no message id is needed.
      const { sequence } = await this.bus.publish(requestReceived.subject(), payload);
      entry.sinceSequence = sequence;
      this.room.stored(sequence);
    } catch (cause) {
      this.room.leave(requestId);
      throw new CodedError('service.unavailable', 'The gateway could not record the request. Try again.', {
        cause,
      });
    }
    if (call.background) await this.answerInBackground(call, call.background, entry, limits);
    else if (call.asyncWaitMs !== undefined) await this.answerLater(call, entry, limits);
  }

  /** Says that the answer is to be asked for, or begins its stream, which goes on when the client leaves. */
  private async answerInBackground(
    call: Call,
    { client, stream }: NonNullable<Call['background']>,
    entry: HeldEntry,
    limits: Limits,
  ): Promise<void> {
    const latest = { version: 1, sequence: entry.sinceSequence };
    const parked = { ...entry, destination: 'parked', live: false, stream, latest };
    await this.held.write(entry.requestId, (now) => {
      if (!now) return parked;
      return now.latest ? undefined : { ...now, latest };
    });
    if (!stream) return client.sendState('queued');
    const waiter = this.waiterFor({ ...call, client }, entry.requestId, entry.subjectKey, limits);
    const now = this.held.get(entry.requestId) ?? parked;
    await this.background.follow(now, waiter, client, limits.keepAliveMs);
  }

  /** RFC 7240 `respond-async`: waits as long as the client prefers, then says where the answer will be. */
  private async answerLater(call: Call, entry: HeldEntry, limits: Limits): Promise<void> {
    const asynchronous = { ...entry, destination: 'parked', live: false };
    await this.held.write(entry.requestId, (now) => (now ? undefined : asynchronous));
    const location = this.statusUrl(entry.requestId);
    const accept = (): void => {
      const state = this.held.get(entry.requestId)?.state ?? 'running';
      const body = JSON.stringify({ id: entry.requestId, status: state, status_url: location });
      const headers = { 'content-type': 'application/json', location, 'preference-applied': 'respond-async' };
      call.client.send(202, headers, body);
    };
    if (!call.asyncWaitMs) return accept();
    const waiter = this.waiterFor(call, entry.requestId, entry.subjectKey, limits);
    await this.room.attach(asynchronous, waiter);
    const timer = setTimeout(() => {
      // An answer that has begun goes on.
      if (waiter.finished || call.client.streaming) return;
      accept();
      this.room.leave(entry.requestId);
      this.room.sayGone(entry.requestId);
    }, call.asyncWaitMs);
    timer.unref();
  }

  private entryOf(received: RequestReceived): HeldEntry {
    const { requestId, context, body } = received;
    return runningEntry({
      requestId,
      fingerprint: context.fingerprint,
      ...ownerOf(context.principal),
      subjectKey: context.subjectKey,
      protocol: context.protocol,
      instance: this.settings.instance,
      bodyDigest: body.digest,
      destination: this.settings.instance,
      receivedAt: context.receivedAt,
      sinceSequence: 0,
    });
  }

  private waiterFor(call: Call, requestId: string, subjectKey: string, limits: Limits): Waiter {
    const request = {
      requestId,
      subjectKey,
      asksForStream: () => asksForStream(call.received.context, call.body),
      patienceMs: call.patienceMs,
      statusUrl: this.statusUrl(requestId),
    };
    return new Waiter(request, call.client, this.sealer, this.bodies, this.restoring, limits.keepAliveMs, {
      onPatienceOver: () => {
        this.room.leave(requestId);
        this.room.sayGone(requestId);
      },
      onDelivered: ({ head }) => {
        if (!this.held.get(requestId)) return;
        const { completedAt } = head.timings;
        const { outcome, connection } = head;
        this.room.say(requestId, {
          state: 'completed',
          outcome,
          ...(connection !== undefined && { connection }),
          completedAt,
          pickedUpAt: Date.now(),
          live: false,
        });
      },
      onError: (err) => this.logger.error({ err, requestId }, 'an answer could not be written'),
    });
  }

  private statusUrl(requestId: string): string {
    return `${this.settings.publicUrl}/v1/requests/${requestId}`;
  }
}

/** Whether a body asks for a stream; a body that can't be read does not (policy refuses it). */
function asksForStream({ protocol, operation, method }: RequestContext, body: Uint8Array): boolean {
  const spoken = protocolOf(protocol as ProtocolName);
  const route = spoken.routes.find((each) => each.operation === operation && each.method === method);
  if (!route) return false;
  const reading = spoken.readRequest(body, route);
  return reading.kind !== 'refusal' && reading.stream;
}

function mismatch(): CodedError {
  const message = 'This idempotency key was used with another body. Use a new key for a new request.';
  return new CodedError('request.idempotency_mismatch', message);
}
