import type { IncomingMessage, Server } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TokenExpiredError } from '#auth';
import { ActiveConfig, DeniedRecorder, LOGGER, publicError, SETTINGS } from '#boot';
import { CodedError, type PolicyDocument, type Principal, RequestContext } from '#contracts';
import {
  type FoundRoute,
  findRoute,
  httpProtocolOf,
  noRouteText,
  pathsWithoutVersion,
  type Wire,
  wireAt,
} from '#protocols';
import { type ClaimNames, claimNames } from '#rules';
import { SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';
import { Background } from './background/background.ts';
import { EarlierResponses } from './background/earlier-responses.ts';
import { type ResponsesCall, responsesCallOf } from './background/responses-call.ts';
import { patienceMs, respondAsync } from './caller.ts';
import { type Caller, Callers } from './callers.ts';
import { neededClaims } from './claims.ts';
import type { IngressSettings } from './config.ts';
import { Intake } from './intake.ts';
import { GatewayKeys } from './keys/gateway-keys.ts';
import { Admission } from './limiting/admission.ts';
import { TooManyError } from './limiting/turnstile.ts';
import { bodyCeilingBytes, type Limits, limitsOf } from './limits.ts';
import { listModels } from './models.ts';
import { fingerprintOf, header, receive, sentCall, sha256 } from './receive.ts';
import { BodyReader } from './receiving/body-reader.ts';
import { requireReadable } from './receiving/readable.ts';
import { newRequestId } from './request-id.ts';
import { ClientConnection } from './waiting/client-connection.ts';
import { HeldIndex } from './waiting/held-index.ts';
import { WaitingRoom } from './waiting/waiting-room.ts';

const defaultKeepAliveMs = 15_000;
const noBody = new Uint8Array(0);
/** What is recorded of an address. */
const longestAddress = RequestContext.shape.path.maxLength ?? 2048;

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
  private readonly arriving = new BodyReader();
  /** What was found out of a request before its body was read. */
  private readonly known = new WeakMap<FastifyRequest, { found: FoundRoute; caller: Caller | undefined }>();

  constructor(
    private readonly callers: Callers,
    private readonly config: ActiveConfig,
    private readonly denied: DeniedRecorder,
    private readonly intake: Intake,
    private readonly room: WaitingRoom,
    private readonly held: HeldIndex,
    private readonly admission: Admission,
    private readonly names: SubjectNames,
    private readonly keys: GatewayKeys,
    private readonly background: Background,
    private readonly earlier: EarlierResponses,
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
    this.config.onChange(({ document }) => receiveWithin(fastify.server, limitsOf(document).maxReceiveMs));
    // Whatever else a client expects is not waited for (RFC 9110, 10.1.1).
    fastify.server.on('checkExpectation', (...asked) => fastify.server.emit('request', ...asked));
    await fastify.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
        this.readBody(request, payload),
      );
      scope.setErrorHandler((error, request, reply) => this.refuseUnread(error, request, reply));
      for (const path of ['/v1/*', '/api/*', '/c/*', ...pathsWithoutVersion]) {
        scope.all(path, { bodyLimit: bodyCeilingBytes }, (request, reply) => this.handle(request, reply));
      }
    });
  }

  /** Nothing of a body is kept before it is known who sends it, and that there is a route for it. */
  private async readBody(request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
    const found = this.find(request, pathOf(request.url));
    if (!found) throw noRoute(request);
    let caller: Caller | undefined;
    try {
      caller = await this.callers.authenticate(request.headers);
    } catch (error) {
      // A client whose token ran out while people decide is told so, which takes its body to know.
      if (!(error instanceof TokenExpiredError)) throw error;
    }
    requireReadable(request);
    this.known.set(request, { found, caller });
    const { limits } = this;
    if (limits) this.admission.admit(this.room.size + this.arriving.size, limits.maxOpenRequests);
    return this.arriving.read(payload, limits?.maxBodyBytes ?? bodyCeilingBytes);
  }

  private async handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const requestId = newRequestId();
    const { url } = request;
    const known = this.known.get(request);
    const found = known?.found ?? this.find(request, pathOf(url));
    reply.hijack();
    const client = new ClientConnection(reply.raw, wireOf(found, request), requestId);
    let principal: Principal | undefined;
    try {
      if (!found) throw noRoute(request);
      if (url.length > longestAddress) throw tooLong(url.length);
      const arrived = { requestId, url, found, request, client };
      const caller = known?.caller ?? (await this.authenticate(arrived));
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
    try {
      return await this.callers.authenticate(request.headers);
    } catch (error) {
      if (!(error instanceof TokenExpiredError)) throw error;
      const body = request.body instanceof Uint8Array ? request.body : noBody;
      const call = sentCall(found, url, request.headers, sha256(body));
      const entry = this.held.find(fingerprintOf(error.principal, call));
      if (!entry || entry.state === 'completed') throw error;
      const message = 'The access token expired while people decide. Send the same request with a new token.';
      throw new CodedError('token.expired_while_pending', message, {
        details: { approval_id: entry.requestId },
      });
    }
  }

  private async letIn(arrived: Arrived, { principal, claims, key, isAnybody }: Caller): Promise<void> {
    const { requestId, url, found, request, client } = arrived;
    const { limits } = this;
    const { ip } = request;
    // It left meanwhile: nobody asks any more, and nobody knows from where it was asked.
    if (!client.open || ip === undefined) return;
    if (!limits) throw new CodedError('policy.unavailable', 'No policy is in force yet. Try again.');
    const sent = request.body instanceof Uint8Array ? request.body : noBody;
    this.admission.admit(this.room.size, limits.maxOpenRequests);
    const place = { requestId, found, response: client.response };
    const isResponse = found.route.operation === 'responses.create';
    const asked: ResponsesCall = isResponse
      ? await responsesCallOf(place, sent, principal, this.earlier)
      : { body: sent };
    const { body, background, continues } = asked;
    if (body.length > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
    const { headers } = request;
    const received = receive({
      requestId,
      principal,
      subjectKey: this.names.of(principal),
      route: found,
      url,
      headers,
      address: ip,
      body,
      instance: this.settings.instance,
      claims: neededClaims(claims, this.claims),
      nowMs: Date.now(),
      continues,
      isBackground: background !== undefined,
    });
    if (key) this.keys.tie(received, body, key);
    const call = {
      received,
      neverResent: isAnybody,
      hasKey: header(headers, 'idempotency-key') !== undefined,
      body,
      client,
      patienceMs: patienceMs(headers, limits.maxSilentWaitMs),
      asyncWaitMs: respondAsync(headers)?.waitMs,
      ...(background && { background }),
    };
    await this.intake.take(call, limits);
  }

  /** What needs no model: lists of models, and responses that run in the background. */
  private async answerHere(arrived: Arrived, { principal, key }: Caller): Promise<void> {
    const { found, url, client } = arrived;
    if (!found.route.operation.startsWith('responses.')) return this.answerModels(arrived, key?.connections);
    const keepAliveMs = this.limits?.keepAliveMs ?? defaultKeepAliveMs;
    const query = new URLSearchParams(url.split('?')[1] ?? '');
    await this.background.answer({ found, query, principal, response: client.response, keepAliveMs });
  }

  /** `GET /v1/models` and the like: what the configuration lists, for a gateway key of its connections. */
  private answerModels({ found, client }: Arrived, reached: readonly string[] | undefined): void {
    const active = this.config.current;
    const { writeModels, writeModel } = found.protocol.wire;
    const models = active ? listModels(active.document, active.activatedAt, reached) : [];
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
    const { code, message, param, ...details } = body.error;
    if (status === 401 || status === 403) {
      this.denied.record(code, principal, request.ip, `${request.method} ${request.routeOptions.url ?? ''}`);
    } else if (status >= 500) this.logger.error({ err: error, code }, 'a request could not be let in');
    const retryAfterMs = error instanceof TooManyError ? error.retryAfterMs : 1000;
    const retry = status === 503 || status === 429 ? { retryAfterMs } : {};
    const field = typeof param === 'string' ? { param } : {};
    client.fail({ status, code, message, details: details as Record<string, string>, ...field, ...retry });
  }

  /** The body could not be read: too large, cut off, of a wrong length. */
  private refuseUnread(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack();
    const found = this.find(request, pathOf(request.url));
    const client = new ClientConnection(reply.raw, wireOf(found, request), newRequestId());
    this.refuse(error, request, client, undefined);
  }
}

/** What has not come whole after this time is answered with 408 and cut off, headers and body alike. */
function receiveWithin(server: Server, maxReceiveMs: number): void {
  server.requestTimeout = maxReceiveMs;
  server.headersTimeout = maxReceiveMs;
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;

/** A caller without a known route gets errors in the words of the client that it most likely is. */
const wireOf = (found: FoundRoute | undefined, { url, headers }: FastifyRequest): Wire =>
  found?.protocol.wire ?? wireAt(pathOf(url), headers);

function noRoute({ method, url, headers }: FastifyRequest): CodedError {
  return new CodedError('route.not_found', noRouteText(method, pathOf(url), headers));
}

function tooLarge(limitBytes: number): CodedError {
  return new CodedError('request.too_large', `The body is larger than ${limitBytes} bytes.`);
}

function tooLong(characters: number): CodedError {
  const message = `The address of a request may have ${longestAddress} characters; this one has ${characters}.`;
  return new CodedError('request.too_large', message);
}
