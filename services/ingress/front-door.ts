import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isGatewayKey, TokenExpiredError, TokenVerifier, type VerifiedKey, type VerifiedToken } from '#auth';
import { ActiveConfig, DeniedRecorder, LOGGER, publicError, SETTINGS } from '#boot';
import { CodedError, type PolicyDocument, type Principal } from '#contracts';
import { type FoundRoute, findRoute, httpProtocolOf, protocols } from '#protocols';
import { type ClaimNames, claimNames } from '#rules';
import { SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';
import { Background } from './background/background.ts';
import { BackgroundConnection } from './background/background-connection.ts';
import { patienceMs, respondAsync } from './caller.ts';
import { neededClaims } from './claims.ts';
import type { IngressSettings } from './config.ts';
import { type Call, Intake } from './intake.ts';
import { GatewayKeys } from './keys/gateway-keys.ts';
import { Admission } from './limiting/admission.ts';
import { TooManyError } from './limiting/turnstile.ts';
import { bodyCeilingBytes, type Limits, limitsOf } from './limits.ts';
import { listModels } from './models.ts';
import { personBehind } from './person.ts';
import { fingerprintOf, receive, sha256 } from './receive.ts';
import { newRequestId } from './request-id.ts';
import { ClientConnection } from './waiting/client-connection.ts';
import { HeldIndex } from './waiting/held-index.ts';
import { WaitingRoom } from './waiting/waiting-room.ts';

const defaultKeepAliveMs = 15_000;
const noBody = new Uint8Array(0);
/** What a caller without a known route gets errors in. */
const fallbackWire = protocols[0]!.wire;

/** Who calls: by a token, or by a gateway key, which reaches only its own connections. */
type Caller = Pick<VerifiedToken, 'principal' | 'claims'> & { key?: VerifiedKey };

interface Arrived {
  requestId: string;
  url: string;
  found: FoundRoute;
  request: FastifyRequest;
  client: ClientConnection;
}

/**
 * The first door: every route of every client protocol, on the Fastify instance under Nest (its pipeline would cost
 * a third of this service's time). Authenticates, takes the body's bytes as they came, and hands the call in.
 */
@Injectable()
export class FrontDoor {
  private limits: Limits | undefined;
  private claims: ClaimNames = [];
  private connections: PolicyDocument['connections'] = {};

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly config: ActiveConfig,
    private readonly denied: DeniedRecorder,
    private readonly intake: Intake,
    private readonly room: WaitingRoom,
    private readonly held: HeldIndex,
    private readonly admission: Admission,
    private readonly names: SubjectNames,
    private readonly keys: GatewayKeys,
    private readonly background: Background,
    @Inject(SETTINGS) private readonly settings: IngressSettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    config.onChange(({ document }) => {
      this.limits = limitsOf(document);
      this.claims = claimNames(document);
      this.connections = document.connections;
    });
  }

  /** Adds the routes. */
  async register(fastify: FastifyInstance): Promise<void> {
    await fastify.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      const options = { parseAs: 'buffer' as const, bodyLimit: bodyCeilingBytes };
      scope.addContentTypeParser('*', options, (_request, body, done) => done(null, body));
      scope.setErrorHandler((error, request, reply) => this.refuseUnread(error, request, reply));
      for (const path of ['/v1/*', '/api/*', '/c/*']) {
        scope.all(path, { bodyLimit: bodyCeilingBytes }, (request, reply) => this.handle(request, reply));
      }
    });
  }

  private async handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const requestId = newRequestId();
    const url = request.url;
    const query = url.indexOf('?');
    const found = this.find(request, query < 0 ? url : url.slice(0, query));
    reply.hijack();
    const client = new ClientConnection(reply.raw, found?.protocol.wire ?? fallbackWire, requestId);
    let principal: Principal | undefined;
    try {
      if (!found)
        throw new CodedError('route.not_found', `There is no ${request.method} route at this path.`);
      const arrived = { requestId, url, found, request, client };
      const caller = await this.authenticate(arrived);
      principal = caller.principal;
      if (found.route.answeredBy === 'gateway') await this.answerHere(arrived, caller);
      else await this.letIn(arrived, caller);
    } catch (error) {
      this.refuse(error, request, client, principal);
    }
  }

  /** The route; one of a server with a protocol of its own speaks as its connection says. */
  private find({ method, headers }: FastifyRequest, path: string): FoundRoute | undefined {
    const found = findRoute(method, path, headers);
    if (found?.protocol.name !== 'http' || found.connection === undefined) return found;
    const { connections } = this;
    const texts = Object.hasOwn(connections, found.connection)
      ? connections[found.connection]?.http
      : undefined;
    return texts ? { ...found, protocol: httpProtocolOf(texts) } : found;
  }

  /** The caller. A token that expired while its request waits gets its own code, so that the client can say so. */
  private async authenticate({ request, found, url }: Arrived): Promise<Caller> {
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const credential = authorization ?? (typeof apiKey === 'string' ? `Bearer ${apiKey}` : undefined);
    const sent = /^bearer (.*)$/i.exec(credential ?? '')?.[1] ?? '';
    if (isGatewayKey(sent)) {
      const key = this.keys.verify(sent, Date.now());
      return { principal: key.principal, claims: {}, key };
    }
    try {
      return await this.verifier.authenticate(credential);
    } catch (error) {
      if (!(error instanceof TokenExpiredError)) throw error;
      const body = request.body instanceof Uint8Array ? request.body : noBody;
      const idempotencyKey = textHeader(request, 'idempotency-key');
      const call = { method: found.route.method, path: url, bodyDigest: sha256(body), idempotencyKey };
      const entry = this.held.find(fingerprintOf(error.principal, call));
      if (!entry || entry.state === 'completed') throw error;
      const message = 'The access token expired while people decide. Send the same request with a new token.';
      throw new CodedError('token.expired_while_pending', message, {
        details: { approval_id: entry.requestId },
      });
    }
  }

  private async letIn(arrived: Arrived, { principal, claims, key }: Caller): Promise<void> {
    const { requestId, url, found, request, client } = arrived;
    const { limits } = this;
    if (!limits) throw new CodedError('policy.unavailable', 'No policy is in force yet. Try again.');
    const body = request.body instanceof Uint8Array ? request.body : noBody;
    if (body.length > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
    this.admission.admit(this.room.size, limits.maxOpenRequests);
    const asked = backgroundOf(arrived, body);
    const behind = personBehind(principal, request.headers, claims, limits.sharedIdentities);
    const received = receive({
      requestId,
      principal,
      subjectKey: this.names.of(principal),
      route: found,
      url,
      headers: request.headers,
      address: request.ip,
      body,
      instance: this.settings.instance,
      claims: neededClaims(claims, this.claims),
      nowMs: Date.now(),
      person: behind.kind === 'person' ? behind.name : undefined,
      isBackground: asked.background !== undefined,
    });
    if (key) this.keys.tie(received, body, key);
    const { background } = asked;
    const asyncWaitMs = respondAsync(request.headers)?.waitMs;
    const patience = patienceMs(request.headers, limits.maxSilentWaitMs);
    const call = {
      received,
      neverResent: behind.kind === 'unknown',
      body,
      client,
      patienceMs: patience,
      asyncWaitMs,
      ...(background && { background }),
    };
    await this.intake.take(call, limits);
  }

  /** What needs no model: lists of models, and responses that run in the background. */
  private async answerHere(arrived: Arrived, { principal }: Caller): Promise<void> {
    const { found, url, client } = arrived;
    if (!found.route.operation.startsWith('responses.')) return this.answerModels(arrived);
    const keepAliveMs = this.limits?.keepAliveMs ?? defaultKeepAliveMs;
    const query = new URLSearchParams(url.split('?')[1] ?? '');
    await this.background.answer({ found, query, principal, response: client.response, keepAliveMs });
  }

  /** `GET /v1/models` and the like: what the configuration lists. */
  private answerModels({ found, client }: Arrived): void {
    const active = this.config.current;
    const { writeModels, writeModel } = found.protocol.wire;
    const models = active ? listModels(active.document, active.activatedAt) : [];
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    if (found.route.operation === 'models.list' && writeModels) {
      client.send(200, headers, writeModels(models));
      return;
    }
    const [wanted] = Object.values(found.params);
    const model = models.find(({ id }) => id === wanted);
    if (!model || !writeModel) throw new CodedError('request.not_found', 'There is no such model.');
    client.send(200, headers, writeModel(model));
  }

  private refuse(
    error: unknown,
    request: FastifyRequest,
    client: ClientConnection,
    principal: Principal | undefined,
  ): void {
    const { status, body } = publicError(error);
    const { code, message, ...details } = body.error;
    if (status === 401 || status === 403) {
      this.denied.record(code, principal, request.ip, `${request.method} ${request.routeOptions.url ?? ''}`);
    } else if (status >= 500) this.logger.error({ err: error, code }, 'a request could not be let in');
    const retryAfterMs = error instanceof TooManyError ? error.retryAfterMs : 1000;
    const retry = status === 503 || status === 429 ? { retryAfterMs } : {};
    client.fail({ status, code, message, details: details as Record<string, string>, ...retry });
  }

  /** The body could not be read: too large, cut off, of a wrong length. */
  private refuseUnread(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack();
    const found = findRoute(request.method, request.url.split('?')[0] ?? '', request.headers);
    const wire = found?.protocol.wire ?? fallbackWire;
    const client = new ClientConnection(reply.raw, wire, newRequestId());
    this.refuse(error, request, client, undefined);
  }
}

/** A response that its client asks for later. */
function backgroundOf({ requestId, found, client }: Arrived, body: Uint8Array): Pick<Call, 'background'> {
  if (found.route.operation !== 'responses.create') return {};
  const reading = found.protocol.readRequest(body, found.route);
  if (reading.kind === 'refusal' || !reading.background) return {};
  const { wire } = found.protocol;
  const after = { as: 'events' as const, after: -1 };
  const connection = new BackgroundConnection(
    client.response,
    wire,
    requestId,
    after,
    Date.now(),
    reading.model,
  );
  return { background: { client: connection, stream: reading.stream } };
}

function textHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, 255) : undefined;
}

function tooLarge(limitBytes: number): CodedError {
  return new CodedError('request.too_large', `The body is larger than ${limitBytes} bytes.`);
}
