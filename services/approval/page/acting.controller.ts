import { Controller, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Public } from '#auth';
import { ApprovalDetail, CodedError, ContentView, GrantList, ListGrantsQuery, ReviewList } from '#contracts';
import { type Fields, shownIn, textIn } from './desk-forms.ts';
import { type Visit, Visits } from './login/visit.ts';
import { PageErrors } from './page-errors.ts';
import { approvalApiPath, approvalPath, grantApiPath, pagePaths } from './paths.ts';
import { sendOn, sendPage } from './reply.ts';
import { grantsPage } from './views/grants-view.ts';
import type { NoticeName } from './views/notices.ts';
import { grantsOffered } from './views/request/decide-view.ts';
import { detailPage } from './views/request/detail-view.ts';
import { reviewsPage } from './views/reviews-view.ts';

const anything = z.unknown();

/** What people do on the page, each sent to the REST API as it would be by any client. */
@ApiExcludeController()
@Public()
@UseFilters(PageErrors)
@Controller()
export class ActingController {
  constructor(private readonly visits: Visits) {}

  @Post('approvals/:id/votes')
  async vote(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    const { fields } = visit;
    const ballot = { vote: fields.vote, ...shownIn(fields), ...reasonIn(fields) };
    const grant = grantsOffered[fields.grant ?? '']?.grant;
    const body = {
      ...ballot,
      ...(fields.breakGlass === 'yes' && { breakGlass: true }),
      ...(grant && { grant }),
    };
    const said: NoticeName = fields.vote === 'reject' ? 'rejected' : 'approved';
    await this.carryOut(reply, visit, id, { act: 'votes', body, said });
  }

  @Post('approvals/:id/revoke')
  async revoke(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    await this.carryOut(reply, visit, id, { act: 'revoke', body: reasonIn(visit.fields), said: 'withdrawn' });
  }

  @Post('approvals/:id/stop')
  async stop(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    await this.carryOut(reply, visit, id, { act: 'stop', body: reasonIn(visit.fields), said: 'withdrawn' });
  }

  @Post('approvals/:id/reveal')
  async reveal(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    const reason = textIn(visit.fields, 'reason');
    try {
      const content = await visit.post(ContentView, `${approvalApiPath(id)}/reveal`, { reason });
      const detail = { ...(await visit.get(ApprovalDetail, approvalApiPath(id))), content };
      sendPage(reply, detailPage({ viewer: visit.viewer, detail, now: Date.now(), revealedFor: reason }));
    } catch (error) {
      await this.refuse(reply, visit, id, error);
    }
  }

  @Post('approvals/reject')
  async rejectMany(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { fields, post } = await this.visits.act(request);
    const names = ['reason', 'group', 'connection', 'rule', 'requester'];
    const body = Object.fromEntries(
      names.flatMap((name) => (textIn(fields, name) ? [[name, fields[name]]] : [])),
    );
    await post(anything, '/v1/approvals/reject', body);
    sendOn(reply, `${pagePaths.list}?said=rejected-many`);
  }

  @Post('reviews/:id/close')
  async close(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { viewer, fields, get, post } = await this.visits.act(request);
    try {
      await post(anything, `/v1/reviews/${encodeURIComponent(id)}/close`, reasonIn(fields));
      sendOn(reply, `${pagePaths.reviews}?said=reviewed`);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const list = await get(ReviewList, '/v1/reviews');
      sendPage(reply, reviewsPage({ viewer, list, now: Date.now(), error }), error.status);
    }
  }

  @Post('grants/:id/revoke')
  async revokeGrant(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { viewer, fields, get, post } = await this.visits.act(request);
    try {
      await post(anything, `${grantApiPath(id)}/revoke`, reasonIn(fields));
      sendOn(reply, `${pagePaths.grants}?said=grant-revoked`);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const list = await get(GrantList, '/v1/grants');
      const query = ListGrantsQuery.parse({});
      sendPage(reply, grantsPage({ viewer, query, list, now: Date.now(), error }), error.status);
    }
  }

  /** Does it and shows the outcome by a GET, so that loading the page again does nothing; or says why it was refused. */
  private async carryOut(
    reply: FastifyReply,
    visit: Visit,
    id: string,
    { act, body, said }: { act: string; body: object; said: NoticeName },
  ): Promise<void> {
    try {
      await visit.post(anything, `${approvalApiPath(id)}/${act}`, body);
      sendOn(reply, `${approvalPath(id)}?said=${said}`);
    } catch (error) {
      await this.refuse(reply, visit, id, error);
    }
  }

  /** The approval request as it is now, with what was refused and why on top. */
  private async refuse(
    reply: FastifyReply,
    { viewer, fields, get }: Visit,
    id: string,
    error: unknown,
  ): Promise<void> {
    if (!isRefusal(error)) throw error;
    const detail = await get(ApprovalDetail, approvalApiPath(id));
    const refused = { error, seenVersion: shownIn(fields).version, reason: textIn(fields, 'reason') };
    sendPage(reply, detailPage({ viewer, detail, now: Date.now(), refused }), error.status);
  }
}

function reasonIn(fields: Fields): { reason?: string } {
  const reason = textIn(fields, 'reason');
  return reason === undefined ? {} : { reason };
}

/** A rule said no. Who has to log in first, and what broke, is for the error filter. */
function isRefusal(error: unknown): error is CodedError {
  return error instanceof CodedError && error.status !== 401 && error.status < 500;
}
