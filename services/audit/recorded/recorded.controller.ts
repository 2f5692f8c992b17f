import { Readable } from 'node:stream';
import { setImmediate as breathe } from 'node:timers/promises';
import { Body, Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, CurrentRoles, Roles } from '#auth';
import { LOGGER } from '#boot';
import {
  CodedError,
  ListRecordedQuery,
  type Principal,
  type RecordedLine,
  type RecordedRequest,
  type Role,
  Simulation,
  SimulationBody,
} from '#contracts';
import { readRecordedBody } from '#protocols';
import { formatIssue, loadPolicy, Simulator } from '#rules';
import type { Logger } from '#telemetry';
import { Owners } from '../personal/owners.ts';
import { callerLeft } from '../reporting/reports.ts';
import { filterOf, type Reach } from '../sessions/session-query.ts';
import { RecordedRequests } from './recorded-requests.ts';

/** So many evaluations at a time: the ledger is written in this process. */
const inOneGo = 25;

/** Recorded requests in bulk: for policies to be tried on. */
@ApiTags('sessions')
@ApiBearerAuth()
@Controller('v1')
export class RecordedController {
  private simulating = false;

  constructor(
    private readonly recorded: RecordedRequests,
    private readonly owners: Owners,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @ApiOperation({
    summary:
      'NDJSON of requests with content, newest first: auditors all, others those they asked or decided; reading is recorded',
  })
  @Get('recorded')
  async list(
    @Query({ schema: ListRecordedQuery }) query: ListRecordedQuery,
    @CurrentPrincipal() reader: Principal,
    @CurrentRoles() roles: Role[],
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const reach: Reach = roles.includes('auditor')
      ? { all: true }
      : { all: false, person: this.owners.of(reader) };
    const pages = this.recorded.pages(this.filter(query, reach), { reader, purpose: 'export' });
    const lines = Readable.from(linesOf(pages));
    // An answer that breaks off has no last line, which is what a reader sees of it.
    lines.on('error', (err) => this.logger.error({ err }, 'recorded requests broke off'));
    await reply.header('content-type', 'application/x-ndjson').send(lines);
  }

  @ApiOperation({
    summary: 'What a draft would decide otherwise about every recorded request; examples for auditors only',
  })
  @ApiOkResponse({ standardSchema: Simulation })
  @Roles('policy-author', 'admin', 'auditor')
  @HttpCode(200)
  @Post('simulations')
  async simulate(
    @Body({ schema: SimulationBody }) { files, from }: SimulationBody,
    @CurrentPrincipal() reader: Principal,
    @CurrentRoles() roles: Role[],
    @Req() { socket }: Pick<FastifyRequest, 'socket'>,
  ): Promise<Simulation> {
    const loaded = loadPolicy(files);
    if (loaded.kind === 'issues') {
      const { issues } = loaded;
      throw new CodedError('config.invalid', issues.map(formatIssue).join('\n').slice(0, 4000), {
        details: { issues },
      });
    }
    if (this.simulating)
      throw new CodedError('service.overloaded', 'A simulation is under way. Try again later.');
    this.simulating = true;
    try {
      const simulator = new Simulator(loaded.policy, readRecordedBody);
      const filter = this.filter({ from }, { all: true });
      for await (const page of this.recorded.pages(filter, { reader, purpose: 'simulation' })) {
        if (socket.destroyed) throw callerLeft();
        for (const [nth, request] of page.entries()) {
          simulator.add(request);
          if (nth % inOneGo === 0) await breathe();
        }
      }
      const result = simulator.result();
      return roles.includes('auditor') ? result : withoutExamples(result);
    } finally {
      this.simulating = false;
    }
  }

  private filter({ from, to }: ListRecordedQuery, reach: Reach) {
    const people = { owners: this.owners, issuers: [] };
    return (cursor: string | undefined) =>
      filterOf(
        {
          limit: 200,
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          ...(cursor !== undefined && { cursor }),
        },
        reach,
        people,
      );
  }
}

function withoutExamples(result: Simulation): Simulation {
  const { allow, hold, deny } = result.newly;
  const bare = ({ count }: { count: number }) => ({ count, examples: [] });
  return { ...result, newly: { allow: bare(allow), hold: bare(hold), deny: bare(deny) } };
}

/** One chunk for a page. */
async function* linesOf(pages: AsyncIterable<RecordedRequest[]>): AsyncGenerator<string> {
  const line = (value: RecordedLine): string => `${JSON.stringify(value)}\n`;
  let requests = 0;
  for await (const page of pages) {
    requests += page.length;
    yield page.map((request) => line({ request })).join('');
  }
  yield line({ end: { requests } });
}
