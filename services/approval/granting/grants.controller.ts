import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type AuthenticatedRequest, Roles } from '#auth';
import { GrantBody, GrantList, GrantView, ListGrantsQuery, ReasonBody } from '#contracts';
import { Decisions } from '../deciding/decisions.ts';
import { RecordRefusals } from '../deciding/record-refusals.ts';
import { Desk } from '../listing/desk.ts';
import { ListGrants } from './list-grants.ts';

/** Approvals that cover further requests of the same shape. */
@ApiTags('grants')
@ApiBearerAuth()
@Controller('v1')
export class GrantsController {
  constructor(
    private readonly desk: Desk,
    private readonly decisions: Decisions,
    private readonly grants: ListGrants,
  ) {}

  @ApiOperation({ summary: 'Grants of requests that you decide about, newest first' })
  @ApiOkResponse({ standardSchema: GrantList })
  @Roles('approver', 'auditor', 'admin')
  @Get('grants')
  list(
    @Query({ schema: ListGrantsQuery }) query: ListGrantsQuery,
    @Req() request: AuthenticatedRequest,
  ): Promise<GrantList> {
    return this.grants.page(query, this.desk.reader(request));
  }

  @ApiOperation({ summary: 'One grant: what it is bound to, who gave it, how often it was used' })
  @ApiOkResponse({ standardSchema: GrantView })
  @Roles('approver', 'auditor', 'admin')
  @Get('grants/:id')
  one(@Param('id') id: string, @Req() request: AuthenticatedRequest): Promise<GrantView> {
    return this.grants.one(id, this.desk.reader(request));
  }

  @ApiOperation({ summary: 'Takes a grant back; nothing uses it from now on' })
  @ApiOkResponse({ standardSchema: GrantView })
  @Roles('approver', 'admin')
  @UseInterceptors(RecordRefusals)
  @Post('grants/:id/revoke')
  @HttpCode(200)
  revoke(
    @Param('id') id: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<GrantView> {
    const reader = this.desk.reader(request);
    return this.grants.revoke(id, { by: reader.principal, reader, reason }, Date.now());
  }

  @ApiOperation({ summary: 'Asks that an approval covers requests of the same shape, after the vote' })
  @ApiOkResponse({ standardSchema: GrantView })
  @Roles('approver')
  @UseInterceptors(RecordRefusals)
  @Post('approvals/:id/grants')
  @HttpCode(200)
  async ask(
    @Param('id') id: string,
    @Body({ schema: GrantBody }) body: GrantBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<GrantView> {
    const reader = this.desk.reader(request);
    const row = await this.desk.find(id, reader);
    const grant = await this.decisions.grant(row, reader.principal, body, Date.now());
    return this.grants.one(grant, reader);
  }
}
