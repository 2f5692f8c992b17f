import { PassThrough } from 'node:stream';
import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#auth';
import { CodedError } from '#contracts';
import { Sessions } from '../login/session.ts';
import { PageErrors } from '../page-errors.ts';
import { Rest } from '../rest.ts';
import { findAsset } from './assets.ts';

/** What pages load: their style, script and icon, and the feed of changes. */
@ApiExcludeController()
@Public()
@UseFilters(PageErrors)
@Controller()
export class AssetsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly rest: Rest,
  ) {}

  @Get('assets/:name')
  asset(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const asset = findAsset(name);
    if (!asset) throw new CodedError('route.not_found', 'There is no such file.');
    const headers = {
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    };
    reply.headers(headers).type(asset.type).send(asset.text);
  }

  /** The API's feed for a session. Where the login has ended: 204, which tells a browser to stop following. */
  @Get('approvals/changes')
  async changes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const ended = new AbortController();
    if (request.raw.destroyed) ended.abort();
    else request.raw.once('close', () => ended.abort());
    try {
      const session = await this.sessions.of(request);
      const feed = await this.rest.stream(request, session, '/v1/approvals/events', ended.signal);
      // An abort destroys the feed with an error, which is no failure of the answer.
      const out = new PassThrough();
      feed.once('error', () => out.end());
      reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      reply.type('text/event-stream').send(feed.pipe(out));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      reply.status(error.status === 401 ? 204 : error.status).send();
    }
  }
}
