import { Body, Controller, HttpCode, Param, Post, Req, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type AuthenticatedRequest, Roles } from '#auth';
import {
  ApprovalDetail,
  CodedError,
  ContentView,
  EditBody,
  ReasonBody,
  RejectManyBody,
  VoteBody,
} from '#contracts';
import { Desk } from '../listing/desk.ts';
import { Listing } from '../listing/list.ts';
import { Showing } from '../showing/showing.ts';
import { Decisions } from './decisions.ts';
import { RecordRefusals } from './record-refusals.ts';
import { type Rewriting, rewrite } from './rewrite.ts';
import { Voting } from './voting.ts';

const Rejected = z.object({ rejected: z.array(z.string()), skipped: z.array(z.string()) });
const maxAtOnce = 500;

/** What approvers do. Who may decide about a request is up to its rule's groups, on top of the role. */
@ApiTags('approvals')
@ApiBearerAuth()
@Roles('approver')
@UseInterceptors(RecordRefusals)
@Controller('v1/approvals')
export class DecidingController {
  constructor(
    private readonly desk: Desk,
    private readonly votes: Voting,
    private readonly decisions: Decisions,
    private readonly showing: Showing,
    private readonly listing: Listing,
  ) {}

  @ApiOperation({ summary: 'Approves or rejects what was shown (409 where it changed since)' })
  @ApiOkResponse({ standardSchema: ApprovalDetail })
  @Post(':id/votes')
  @HttpCode(200)
  async vote(
    @Param('id') id: string,
    @Body({ schema: VoteBody }) body: VoteBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<ApprovalDetail> {
    const reader = this.desk.reader(request);
    const voted = await this.votes.vote(await this.desk.look(id, reader), reader.principal, body, Date.now());
    return this.showing.detail(voted, reader, Date.now());
  }

  @ApiOperation({
    summary: 'Changes what was asked, by pointer or whole; may approve the change in the same call',
  })
  @ApiOkResponse({ standardSchema: ApprovalDetail })
  @Post(':id/edits')
  @HttpCode(200)
  async edit(
    @Param('id') id: string,
    @Body({ schema: EditBody }) body: EditBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<ApprovalDetail> {
    const reader = this.desk.reader(request);
    const row = await this.desk.find(id, reader);
    if (row.version !== body.version || row.digest !== body.digest) {
      throw new CodedError(
        'approval.outdated',
        'It was changed since you looked. Look at it again, then edit.',
        {
          details: { approval_id: id },
        },
      );
    }
    const { protocol, operation } = row.context;
    const what = { gate: row.gate, protocol, operation, stream: row.answer?.stream ?? row.stream };
    const result = rewrite(await this.showing.bytes(row), rewritingOf(body), what);
    if ('fault' in result) throw new CodedError('approval.invalid_edit', result.fault);
    this.desk.checkSize(result.bytes);
    const { version, digest, approve, reason } = body;
    const next = { version, digest, approve, reason, bytes: result.bytes };
    await this.decisions.edit(row, reader.principal, next, Date.now());
    return this.showing.detail(await this.desk.find(id, reader), reader, Date.now());
  }

  @ApiOperation({ summary: 'Takes an approval back, as long as the model was not called' })
  @ApiOkResponse({ standardSchema: ApprovalDetail })
  @Post(':id/revoke')
  @HttpCode(200)
  revoke(
    @Param('id') id: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<ApprovalDetail> {
    return this.withdraw(id, { how: 'revoke', reason }, request);
  }

  @ApiOperation({ summary: 'Stops what people approved, also while the model answers' })
  @ApiOkResponse({ standardSchema: ApprovalDetail })
  @Post(':id/stop')
  @HttpCode(200)
  stop(
    @Param('id') id: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<ApprovalDetail> {
    return this.withdraw(id, { how: 'stop', reason }, request);
  }

  @ApiOperation({ summary: 'Shows the content unmasked; recorded with the reason' })
  @ApiOkResponse({ standardSchema: ContentView })
  @Post(':id/reveal')
  @HttpCode(200)
  async reveal(
    @Param('id') id: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<ContentView> {
    const reader = this.desk.reader(request);
    const row = await this.desk.find(id, reader);
    await this.desk.recordReveal(row, reader, reason, Date.now());
    return this.showing.reveal(row);
  }

  @ApiOperation({
    summary: 'Rejects every open request that fits a filter, at most 500; nothing approves in bulk',
  })
  @ApiOkResponse({ standardSchema: Rejected })
  @Post('reject')
  @HttpCode(200)
  async rejectMany(
    @Body({ schema: RejectManyBody }) { reason, ...filter }: RejectManyBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<z.infer<typeof Rejected>> {
    const reader = this.desk.reader(request);
    const done: z.infer<typeof Rejected> = { rejected: [], skipped: [] };
    for (const id of await this.listing.openIds(filter, reader, maxAtOnce)) {
      const look = await this.desk.look(id, reader);
      const { version, digest } = look.row;
      const ballot = { vote: 'reject' as const, version, digest, reason };
      try {
        await this.votes.vote(look, reader.principal, ballot, Date.now());
        done.rejected.push(id);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        done.skipped.push(id);
      }
    }
    return done;
  }

  private async withdraw(
    id: string,
    withdrawal: { how: 'revoke' | 'stop'; reason: string },
    request: AuthenticatedRequest,
  ): Promise<ApprovalDetail> {
    const reader = this.desk.reader(request);
    await this.decisions.withdraw(await this.desk.find(id, reader), reader.principal, withdrawal, Date.now());
    return this.showing.detail(await this.desk.find(id, reader), reader, Date.now());
  }
}

function rewritingOf({ edits, redactions, body = '' }: EditBody): Rewriting {
  if (edits) return { edits };
  return redactions ? { redactions } : { body };
}
