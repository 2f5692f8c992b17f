import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Roles } from '#auth';
import { type DeadLetterDetail, type DeadLetterView, ServiceName } from '#contracts';
import { DeadLetters } from './dead-letters.ts';

const ListQuery = z.strictObject({
  service: ServiceName.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  cursor: z.coerce.number().int().nonnegative().default(0),
});
const Sequence = z.coerce.number().int().positive();

/** What services gave up, and running it again. */
@ApiTags('dead letters')
@ApiBearerAuth()
@Roles('operator', 'admin')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLetters) {}

  @ApiOperation({ summary: 'Messages that services gave up, oldest first' })
  @Get()
  list(
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
  ): Promise<{ items: DeadLetterView[]; next?: number }> {
    return this.letters.list(query.service, query.limit, query.cursor);
  }

  @ApiOperation({ summary: 'One of them; content stays sealed' })
  @Get(':sequence')
  show(@Param('sequence', { schema: Sequence }) sequence: number): Promise<DeadLetterDetail> {
    return this.letters.show(sequence);
  }

  @ApiOperation({ summary: 'Runs it again, unless its request has ended' })
  @Post(':sequence/retry')
  @HttpCode(202)
  retry(@Param('sequence', { schema: Sequence }) sequence: number): Promise<DeadLetterView> {
    return this.letters.retry(sequence);
  }
}
