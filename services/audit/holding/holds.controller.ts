import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { v7 } from 'uuid';
import { CurrentPrincipal, Roles } from '#auth';
import {
  CodedError,
  contentHeld,
  encodeEnvelope,
  HoldBody,
  type HoldList,
  type HoldView,
  LiftHoldBody,
  type Principal,
} from '#contracts';
import { Bus } from '#messaging';
import { contentLabel, Sealer } from '#sealing';
import { Owners } from '../personal/owners.ts';
import { type HoldScope, LegalHolds, placedBy } from './legal-holds.ts';

/** Legal holds: what is needed as evidence stays until somebody says otherwise. */
@ApiTags('legal holds')
@ApiBearerAuth()
@Controller('v1/holds')
export class HoldsController {
  constructor(
    private readonly holds: LegalHolds,
    private readonly owners: Owners,
    private readonly bus: Bus,
    private readonly sealer: Sealer,
  ) {}

  @ApiOperation({ summary: 'Keeps a person, a request or a period from being erased or dropped' })
  @Roles('admin', 'auditor')
  @Post()
  async place(
    @Body({ schema: HoldBody }) body: HoldBody,
    @CurrentPrincipal() caller: Principal,
  ): Promise<HoldView> {
    const what = this.scopeOf(body, caller);
    const [id, nowMs] = [`hold-${v7().replaceAll('-', '')}`, Date.now()];
    const key = this.owners.of(caller);
    const details = {
      by: placedBy(caller),
      reason: body.reason,
      ...(body.subject && { subject: body.subject }),
    };
    // In force before it is recorded: in between nothing may be lost.
    await this.holds.place(what, details, { key, nowMs, id });
    await this.record(id, true, what, { caller, reason: body.reason, nowMs }).catch(
      async (error: unknown) => {
        await this.holds.lift(id, Date.now());
        throw error;
      },
    );
    return this.found(id);
  }

  @ApiOperation({ summary: 'Holds in force, oldest first' })
  @Roles('admin', 'auditor')
  @Get()
  async list(): Promise<HoldList> {
    return { items: await this.holds.list() };
  }

  @ApiOperation({ summary: 'Ends a hold' })
  @Roles('admin')
  @Post(':id/lift')
  @HttpCode(200)
  async lift(
    @Param('id') id: string,
    @Body({ schema: LiftHoldBody }) { reason }: LiftHoldBody,
    @CurrentPrincipal() caller: Principal,
  ): Promise<HoldView> {
    const hold = await this.found(id);
    const nowMs = Date.now();
    await this.record(id, false, scopeOfView(hold), { caller, reason, nowMs });
    await this.holds.lift(id, nowMs);
    return hold;
  }

  private scopeOf({ subject, issuer, requestId, period }: HoldBody, caller: Principal): HoldScope {
    if (requestId !== undefined) return { scope: 'request', requestId };
    if (period !== undefined) return { scope: 'period', ...period };
    const person = { issuer: issuer ?? caller.issuer, subject: subject ?? '' };
    return { scope: 'person', subjectKey: this.owners.of(person) };
  }

  private async found(id: string): Promise<HoldView> {
    const hold = await this.holds.find(id);
    if (hold === null) throw new CodedError('hold.not_found', 'No such hold is in force.');
    return hold;
  }

  private async record(
    hold: string,
    held: boolean,
    what: HoldScope,
    { caller, reason, nowMs }: { caller: Principal; reason: string; nowMs: number },
  ): Promise<void> {
    const subjectKey = this.owners.of(caller);
    const clear = Buffer.from(JSON.stringify({ reason }), 'utf8');
    const head = { hold, held, ...namesOf(what), by: caller, subjectKey, at: nowMs };
    try {
      const tail = await this.sealer.seal(subjectKey, contentLabel(hold, 'reason'), clear);
      const messageId = `${hold}:${held ? 'placed' : 'lifted'}`;
      await this.bus.publish(contentHeld.subject(), encodeEnvelope(head, tail), { messageId });
    } catch (cause) {
      const message = 'This could not be recorded, so nothing was changed. Try again.';
      throw new CodedError('service.unavailable', message, { cause });
    }
  }
}

function namesOf(what: HoldScope): object {
  return what.scope === 'person' ? { scope: what.scope, personKey: what.subjectKey } : what;
}

function scopeOfView({ scope, subjectKey = '', requestId = '', from = 0, to = 0 }: HoldView): HoldScope {
  switch (scope) {
    case 'person':
      return { scope, subjectKey };
    case 'request':
      return { scope, requestId };
    case 'period':
      return { scope, from, to };
    default:
      return scope satisfies never;
  }
}
