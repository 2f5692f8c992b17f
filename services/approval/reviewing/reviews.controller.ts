import { Body, Controller, Get, HttpCode, Param, Post, Req, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type AuthenticatedRequest, Roles } from '#auth';
import { ReasonBody, ReviewList, ReviewView } from '#contracts';
import { RecordRefusals } from '../deciding/record-refusals.ts';
import { Desk } from '../listing/desk.ts';
import { Reviews } from './reviews.ts';

/** What was approved by breaking the glass: others look at it afterwards. */
@ApiTags('reviews')
@ApiBearerAuth()
@Controller('v1/reviews')
export class ReviewsController {
  constructor(
    private readonly desk: Desk,
    private readonly reviews: Reviews,
  ) {}

  @ApiOperation({ summary: 'Open reviews that you may see, oldest first, at most 500' })
  @ApiOkResponse({ standardSchema: ReviewList })
  @Roles('approver', 'auditor', 'admin')
  @Get()
  list(@Req() request: AuthenticatedRequest): Promise<ReviewList> {
    return this.reviews.open(this.desk.reader(request));
  }

  @ApiOperation({ summary: 'Closes a review for your part; it is closed once enough people did' })
  @ApiOkResponse({ standardSchema: ReviewView })
  @Roles('approver')
  @UseInterceptors(RecordRefusals)
  @Post(':id/close')
  @HttpCode(200)
  async close(
    @Param('id') id: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Req() request: AuthenticatedRequest,
  ): Promise<ReviewView> {
    const reader = this.desk.reader(request);
    return this.reviews.close(await this.desk.find(id, reader), reader, reason, Date.now());
  }
}
