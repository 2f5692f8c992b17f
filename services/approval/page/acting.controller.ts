import { Controller, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Public } from '#auth';
import { ApprovalDetail, ContentView, GrantList, ListGrantsQuery, ReviewList } from '#contracts';
import { carryOut, carryOutOn, isRefusal, refusedOn } from './carrying-out.ts';
import { type Fields, shownIn, textIn } from './desk-forms.ts';
import { type Visit, Visits } from './login/visit.ts';
import { PageErrors } from './page-errors.ts';
import { approvalApiPath, grantApiPath, pagePaths } from './paths.ts';
import { sendOn, sendPage } from './reply.ts';
import { grantsPage } from './views/grants-view.ts';
import type { NoticeName } from './views/notices.ts';
import { grantsOffered } from './views/request/decide-view.ts';
import { detailPage } from './views/request/detail-view.ts';
import { reviewsPage } from './views/reviews-view.ts';

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
    const typed = textIn(fields, 'reason');
    await carryOutOn(reply, visit, id, { act: 'votes', body, said, typed });
  }

  @Post('approvals/:id/revoke')
  async revoke(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withdraw(reply, await this.visits.act(request), id, 'revoke');
  }

  @Post('approvals/:id/stop')
  async stop(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withdraw(reply, await this.visits.act(request), id, 'stop');
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
      if (!isRefusal(error)) throw error;
      sendPage(reply, await refusedOn(visit, id, error, reason), error.status);
    }
  }

  @Post('approvals/reject')
  async rejectMany(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { fields, post } = await this.visits.act(request);
    const names = ['reason', 'group', 'connection', 'rule', 'requester'];
    const body = Object.fromEntries(
      names.flatMap((name) => (textIn(fields, name) ? [[name, fields[name]]] : [])),
    );
    await post(z.unknown(), '/v1/approvals/reject', body);
    sendOn(reply, `${pagePaths.list}?said=rejected-many`);
  }

  @Post('reviews/:id/close')
  async close(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    const path = `/v1/reviews/${encodeURIComponent(id)}/close`;
    const deed = { path, body: reasonIn(visit.fields), next: `${pagePaths.reviews}?said=reviewed` };
    await carryOut(reply, visit, deed, async (error) => {
      const list = await visit.get(ReviewList, '/v1/reviews');
      return reviewsPage({ viewer: visit.viewer, list, now: Date.now(), error });
    });
  }

  @Post('grants/:id/revoke')
  async revokeGrant(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    const path = `${grantApiPath(id)}/revoke`;
    const deed = { path, body: reasonIn(visit.fields), next: `${pagePaths.grants}?said=grant-revoked` };
    await carryOut(reply, visit, deed, async (error) => {
      const list = await visit.get(GrantList, '/v1/grants');
      const query = ListGrantsQuery.parse({});
      return grantsPage({ viewer: visit.viewer, query, list, now: Date.now(), error });
    });
  }

  private withdraw(reply: FastifyReply, visit: Visit, id: string, act: 'revoke' | 'stop'): Promise<void> {
    const body = reasonIn(visit.fields);
    return carryOutOn(reply, visit, id, { act, body, said: 'withdrawn', typed: body.reason });
  }
}

function reasonIn(fields: Fields): { reason?: string } {
  const reason = textIn(fields, 'reason');
  return reason === undefined ? {} : { reason };
}
