import { Controller, Get, Param, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Public } from '#auth';
import {
  ApprovalDetail,
  ApprovalList,
  ApprovalStats,
  CodedError,
  GrantList,
  ListApprovalsQuery,
  ListGrantsQuery,
  ReviewList,
} from '#contracts';
import { editablesOf } from './editing/editing.ts';
import { Visits } from './login/visit.ts';
import { PageErrors } from './page-errors.ts';
import { approvalApiPath, approvalPath, pagePaths } from './paths.ts';
import { sendOn, sendPage } from './reply.ts';
import { grantsPage } from './views/grants-view.ts';
import { listPage, searchOf } from './views/list-view.ts';
import { noticeOf } from './views/notices.ts';
import { detailPage } from './views/request/detail-view.ts';
import { editPage } from './views/request/edit-view.ts';
import { reviewsPage } from './views/reviews-view.ts';
import { statisticsPage } from './views/statistics-view.ts';

/** Pages to look at: a GET never decides. Public to the guard, since a page that needs a login leads to it. */
@ApiExcludeController()
@Public()
@UseFilters(PageErrors)
@Controller()
export class ReadingController {
  constructor(private readonly visits: Visits) {}

  @Get()
  start(@Res() reply: FastifyReply): void {
    sendOn(reply, pagePaths.list);
  }

  @Get('approvals')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = await this.visits.look(request);
    const query = queryOf(ListApprovalsQuery, request.query);
    const list = await visit.get(ApprovalList, `/v1/approvals?${searchOf(query, query.cursor)}`);
    const notice = noticeOf(request.query);
    sendPage(reply, listPage({ viewer: visit.viewer, query, list, now: Date.now(), notice }));
  }

  @Get('approvals/:id')
  async detail(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { viewer, get } = await this.visits.look(request);
    const detail = await get(ApprovalDetail, approvalApiPath(id));
    sendPage(reply, detailPage({ viewer, detail, now: Date.now(), notice: noticeOf(query) }));
  }

  @Get('approvals/:id/edit')
  async edit(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { viewer, get } = await this.visits.look(request);
    const detail = await get(ApprovalDetail, approvalApiPath(id));
    // Placeholders must not get into a request: what is masked is revealed, with a reason, before it is changed.
    if (detail.content.shown !== 'clear') return sendOn(reply, approvalPath(id));
    const editables = editablesOf(detail.content);
    sendPage(reply, editPage({ viewer, detail, editables, typed: {} }));
  }

  @Get('reviews')
  async reviews(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { viewer, get } = await this.visits.look(request);
    const list = await get(ReviewList, '/v1/reviews');
    sendPage(reply, reviewsPage({ viewer, list, now: Date.now(), notice: noticeOf(request.query) }));
  }

  @Get('grants')
  async grants(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { viewer, get } = await this.visits.look(request);
    const query = queryOf(ListGrantsQuery, request.query);
    const list = await get(GrantList, `/v1/grants?${searchOf(query, query.cursor)}`);
    sendPage(reply, grantsPage({ viewer, query, list, now: Date.now(), notice: noticeOf(request.query) }));
  }

  @Get('statistics')
  async statistics(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { viewer, get } = await this.visits.look(request);
    const stats = await get(ApprovalStats, '/v1/approvals/stats');
    sendPage(reply, statisticsPage({ viewer, stats, now: Date.now() }));
  }
}

/** A list's filters as the API takes them; fields left empty count for nothing. */
function queryOf<S extends z.ZodType>(schema: S, query: unknown): z.infer<S> {
  const { said: _, ...given } = query as Record<string, unknown>;
  const filled = Object.entries(given).filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(filled));
  if (parsed.success) return parsed.data;
  throw new CodedError('request.invalid', 'That filter is none that this list has.');
}
