import { Controller, Get, Param, Query, Req, Sse } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { type AuthenticatedRequest, Roles } from '#auth';
import { ApprovalDetail, ApprovalList, ApprovalStats, ListApprovalsQuery } from '#contracts';
import { Showing } from '../showing/showing.ts';
import { ChangeFeed, type FeedEvent } from './change-feed.ts';
import { Desk } from './desk.ts';
import { Listing } from './list.ts';
import { Statistics } from './statistics.ts';

/** What waits, or waited, for people: those who decide about it read it here; auditors and admins read all. */
@ApiTags('approvals')
@ApiBearerAuth()
@Roles('approver', 'auditor', 'admin')
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(
    private readonly desk: Desk,
    private readonly listing: Listing,
    private readonly showing: Showing,
    private readonly feed: ChangeFeed,
    private readonly statistics: Statistics,
  ) {}

  @ApiOperation({ summary: 'Approval requests that you may see, page by page' })
  @ApiOkResponse({ standardSchema: ApprovalList })
  @Get()
  list(
    @Query({ schema: ListApprovalsQuery }) query: ListApprovalsQuery,
    @Req() request: AuthenticatedRequest,
  ): Promise<ApprovalList> {
    return this.listing.page(query, this.desk.reader(request));
  }

  @ApiOperation({ summary: 'How fast and how people decide, by rule and approver, over 30 days' })
  @ApiOkResponse({ standardSchema: ApprovalStats })
  @Get('stats')
  stats(@Req() request: AuthenticatedRequest): Promise<ApprovalStats> {
    return this.statistics.read(this.desk.reader(request), Date.now());
  }

  @ApiOperation({ summary: 'Server-sent events: `changed` with id, state and version; `missed` after a gap' })
  @Sse('events')
  events(@Req() request: AuthenticatedRequest): Observable<FeedEvent> {
    return this.feed.events(this.desk.reader(request), request.user?.expiresAtMs ?? Date.now());
  }

  @ApiOperation({ summary: 'One approval request: complete content, matches, votes, history, edits' })
  @ApiOkResponse({ standardSchema: ApprovalDetail })
  @Get(':id')
  async show(@Param('id') id: string, @Req() request: AuthenticatedRequest): Promise<ApprovalDetail> {
    const reader = this.desk.reader(request);
    const row = await this.desk.find(id, reader);
    await this.desk.recordReading(row, reader);
    return this.showing.detail(row, reader, Date.now());
  }
}
