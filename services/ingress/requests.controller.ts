import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { OwnGuard } from '#auth';
import { ActiveConfig, SETTINGS } from '#boot';
import {
  CodedError,
  type ContentDifference,
  encodeEnvelope,
  type HeldEntry,
  type Principal,
  RequestId,
  requestCancelled,
  requestJustified,
  requestNudged,
} from '#contracts';
import { BodyStore, Bus } from '#messaging';
import { contentLabel, Sealer } from '#sealing';
import type { IngressSettings } from './config.ts';
import { CallerGuard, CurrentCaller } from './keys/caller-guard.ts';
import { belongsTo } from './waiting/belongs-to.ts';
import { ClientConnection } from './waiting/client-connection.ts';
import { CompletionLog } from './waiting/completion-log.ts';
import { Edits } from './waiting/edit.ts';
import { HeldIndex } from './waiting/held-index.ts';
import { Restoring } from './waiting/restoring.ts';
import { Waiter } from './waiting/waiter.ts';
import { wireOf } from './waiting/wire-of.ts';

const Justification = z.strictObject({ justification: z.string().min(1).max(4000) });
/** A requester may ask the approvers to look this often. */
const nudgeEveryMs = 60_000;
const keepAliveMs = 15_000;

/** What the requester is told of a request. */
export interface RequestStatus {
  id: string;
  status: 'waiting_for_approval' | 'running' | 'completed';
  outcome?: string;
  /** A client is connected and waits for the answer. */
  connected: boolean;
  rules: string[];
  approvers: string[];
  received_at: string;
  expires_at: string;
  completed_at?: string;
  /** People edited the request; what they changed, unless the rule says `showEdit: false`. */
  edit?: { differences: ContentDifference[] };
}

/** Pure: an index entry in the API's words. */
export function statusOf(entry: HeldEntry): RequestStatus {
  const iso = (ms: number) => new Date(ms).toISOString();
  const states = { parked: 'waiting_for_approval', running: 'running', completed: 'completed' } as const;
  return {
    id: entry.requestId,
    status: states[entry.state],
    ...(entry.outcome && { outcome: entry.outcome }),
    connected: entry.live,
    rules: entry.rules,
    approvers: entry.groups,
    received_at: iso(entry.receivedAt),
    expires_at: iso(entry.expiresAt),
    ...(entry.completedAt !== undefined && { completed_at: iso(entry.completedAt) }),
  };
}

/** A requester's view of their own requests that wait, waited, or were asked for asynchronously. */
@ApiTags('requests')
@ApiBearerAuth()
@OwnGuard()
@UseGuards(CallerGuard)
@Controller('v1/requests')
export class RequestsController {
  private readonly nudgedAt = new Map<string, number>();

  constructor(
    private readonly held: HeldIndex,
    private readonly completions: CompletionLog,
    private readonly bus: Bus,
    private readonly bodies: BodyStore,
    private readonly sealer: Sealer,
    private readonly restoring: Restoring,
    private readonly edits: Edits,
    private readonly config: ActiveConfig,
    @Inject(SETTINGS) private readonly settings: IngressSettings,
  ) {}

  @ApiOperation({ summary: 'Where a request stands: rule, who can decide, since when, until when' })
  @Get(':id')
  async show(@Param('id') id: string, @CurrentCaller() caller: Principal): Promise<RequestStatus> {
    const entry = this.own(id, caller);
    const differences = await this.edits.of(entry);
    return { ...statusOf(entry), ...(differences && { edit: { differences } }) };
  }

  @ApiOperation({ summary: 'The answer, as the client would have got it; 202 while there is none' })
  @Get(':id/response')
  async answer(
    @Param('id') id: string,
    @CurrentCaller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const entry = this.own(id, caller);
    const completion = await this.completions.find(entry);
    if (!completion) {
      await reply.status(202).send(statusOf(entry));
      return;
    }
    reply.hijack();
    const connections = this.config.current?.document.connections ?? {};
    const wire = wireOf(entry, completion.head.connection, connections);
    const client = new ClientConnection(reply.raw, wire, id);
    const request = {
      requestId: id,
      subjectKey: entry.subjectKey,
      asksForStream: () => entry.stream,
      patienceMs: undefined,
      statusUrl: `${this.settings.publicUrl}/v1/requests/${id}`,
    };
    const events = {
      onPatienceOver: () => undefined,
      onDelivered: () => undefined,
      onError: () => undefined,
    };
    const waiter = new Waiter(request, client, this.sealer, this.bodies, this.restoring, keepAliveMs, events);
    waiter.know(entry);
    await waiter.complete(completion);
  }

  @ApiOperation({ summary: 'Withdraws a request that waits for people' })
  @Post(':id/cancel')
  @HttpCode(202)
  async cancel(@Param('id') id: string, @CurrentCaller() caller: Principal): Promise<RequestStatus> {
    const entry = this.unfinished(id, caller);
    const head = { requestId: id, reason: 'requester' as const, at: Date.now() };
    await this.bus.publish(requestCancelled.subject(), encodeEnvelope(head));
    return statusOf(entry);
  }

  @ApiOperation({ summary: 'Tells the approvers why' })
  @Post(':id/justify')
  @HttpCode(202)
  async justify(
    @Param('id') id: string,
    @CurrentCaller() caller: Principal,
    @Body({ schema: Justification }) body: z.infer<typeof Justification>,
  ): Promise<RequestStatus> {
    const entry = this.unfinished(id, caller);
    const head = { requestId: id, principal: caller, subjectKey: entry.subjectKey, at: Date.now() };
    const text = Buffer.from(JSON.stringify({ justification: body.justification }), 'utf8');
    const sealed = await this.sealer.seal(entry.subjectKey, contentLabel(id, 'justification'), text);
    await this.bus.publish(requestJustified.subject(), encodeEnvelope(head, sealed));
    return statusOf(entry);
  }

  @ApiOperation({ summary: 'Reminds the approvers, at most once a minute' })
  @Post(':id/nudge')
  @HttpCode(202)
  async nudge(@Param('id') id: string, @CurrentCaller() caller: Principal): Promise<RequestStatus> {
    const entry = this.unfinished(id, caller);
    const nowMs = Date.now();
    if (nowMs - (this.nudgedAt.get(id) ?? 0) < nudgeEveryMs) {
      throw new CodedError('request.too_many', 'The approvers were reminded less than a minute ago.');
    }
    if (this.nudgedAt.size > 10_000) this.nudgedAt.clear();
    this.nudgedAt.set(id, nowMs);
    const head = { requestId: id, principal: caller, subjectKey: entry.subjectKey, at: nowMs };
    await this.bus.publish(requestNudged.subject(), encodeEnvelope(head));
    return statusOf(entry);
  }

  /** A request of somebody else looks as if it did not exist. */
  private own(id: string, caller: Principal): HeldEntry {
    const entry = RequestId.safeParse(id).success ? this.held.get(id) : undefined;
    if (!entry || !belongsTo(entry, caller)) {
      throw new CodedError('request.not_found', 'There is no such request of yours that waits or waited.');
    }
    return entry;
  }

  private unfinished(id: string, caller: Principal): HeldEntry {
    const entry = this.own(id, caller);
    if (entry.state === 'completed')
      throw new CodedError('request.already_completed', 'The request has ended.');
    return entry;
  }
}
