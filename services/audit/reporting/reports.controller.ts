import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Roles } from '#auth';
import { Report, ReportQuery } from '#contracts';
import { csvOf } from './csv.ts';
import { Reports } from './reports.ts';

/** How much was asked, held, decided and masked. */
@ApiTags('reports')
@ApiBearerAuth()
@Controller('v1/reports')
export class ReportsController {
  constructor(private readonly reports: Reports) {}

  @Roles('auditor')
  @ApiOperation({ summary: 'Requests of a period by user, connection, rule or approver, as JSON or CSV' })
  @ApiOkResponse({ standardSchema: Report })
  @Get()
  async make(
    @Query({ schema: ReportQuery }) query: ReportQuery,
    @Req() { socket }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const report = await this.reports.make(query, Date.now(), () => socket.destroyed);
    if (query.format === 'json') {
      await reply.send(report);
      return;
    }
    await reply
      .header('content-type', 'text/csv; charset=utf-8; header=present')
      .header('content-disposition', `attachment; filename="sallyport-${query.by}.csv"`)
      .send(csvOf(report));
  }
}
