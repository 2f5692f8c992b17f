import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Roles } from '#auth';
import { LOGGER } from '#boot';
import { CodedError, Moment, RequestId } from '#contracts';
import type { Logger } from '#telemetry';
import { SessionStore } from '../sessions/session-store.ts';
import { type ExportParts, exportLines } from './export-lines.ts';
import { ownersIn } from './owners-in.ts';
import { type Range, withEntries } from './ranges.ts';

export const EXPORT_PARTS = Symbol('audit:export-parts');

const ExportQuery = z.strictObject({
  from: Moment.optional(),
  to: Moment.optional(),
  /** Only the entries of this request. */
  request: RequestId.optional(),
  /** `true`: also the entries that say which revisions were in force. */
  policy: z.enum(['true', 'false']).default('false'),
});
type ExportQuery = z.infer<typeof ExportQuery>;

/** The ledger to take away, to be verified offline with nothing but the public key. */
@ApiTags('ledger')
@ApiBearerAuth()
@Controller('v1/export')
export class ExportController {
  constructor(
    @Inject(EXPORT_PARTS) private readonly parts: ExportParts,
    private readonly sessions: SessionStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Roles('auditor')
  @ApiOperation({ summary: 'NDJSON up to the newest checkpoint, whole or for a period or request' })
  @Get()
  async export(
    @Query({ schema: ExportQuery }) query: ExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const checkpoint = await this.parts.proofs.latest();
    if (checkpoint === null) throw new CodedError('request.not_found', 'Nothing is recorded and signed yet.');
    const asked = await this.rangesOf(query, checkpoint.size);
    const ranges = query.policy === 'true' ? await this.withPolicy(asked) : asked;
    const owners = query.request === undefined ? null : await this.ownersOf(ranges, checkpoint.size);
    const lines = Readable.from(exportLines(this.parts, ranges, checkpoint.size, owners));
    // An export that breaks off has no seal, which is what a verifier sees of it.
    lines.on('error', (err) => this.logger.error({ err }, 'an export broke off'));
    await reply
      .header('content-type', 'application/x-ndjson')
      .header('content-disposition', 'attachment; filename="sallyport-ledger.ndjson"')
      .send(lines);
  }

  private async rangesOf(query: ExportQuery, size: number): Promise<Range[]> {
    if (query.request !== undefined) return this.rangesOfRequest(query.request, size);
    const { entries } = this.parts;
    const from = query.from === undefined ? 0 : await entries.firstSince(query.from, size);
    const to = query.to === undefined ? size : await entries.firstSince(query.to, size);
    return from < to ? [[from, to]] : [];
  }

  private async withPolicy(ranges: Range[]): Promise<Range[]> {
    const [first, last] = [ranges[0], ranges.at(-1)];
    if (first === undefined || last === undefined) return ranges;
    return withEntries(ranges, await this.parts.entries.activations(first[0], last[1]));
  }

  /** Of a few entries. */
  private async ownersOf(ranges: readonly Range[], size: number): Promise<string[]> {
    const { entries } = this.parts;
    const indexes = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
    return ownersIn(entries, await entries.at(indexes), size);
  }

  private async rangesOfRequest(requestId: string, size: number): Promise<Range[]> {
    const row = await this.sessions.find(requestId);
    if (row === null) throw new CodedError('request.not_found', 'There is no such request.');
    const ranges: [number, number][] = [];
    for (const index of row.indexes.filter((one) => one < size)) {
      const last = ranges.at(-1);
      if (last?.[1] === index) last[1] = index + 1;
      else ranges.push([index, index + 1]);
    }
    return ranges;
  }
}
