import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Public, Roles } from '#auth';
import {
  CodedError,
  type EntryProof,
  type IncidentList,
  type LedgerKeyList,
  type SignedCheckpoint,
} from '#contracts';
import { Incidents } from '../reconciling/incidents.ts';
import { LedgerWriter } from '../writing/ledger-writer.ts';
import { LedgerProofs } from './ledger-proofs.ts';

const whole = z.coerce.number().int().nonnegative();
const CheckpointsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  /** Only checkpoints smaller than this. */
  before: whole.optional(),
});
const InclusionQuery = z.strictObject({ index: whole, size: whole.optional() });
const ConsistencyQuery = z.strictObject({ from: whole, to: whole.optional() });
const IncidentsQuery = z.strictObject({
  /** Also those that were acknowledged. */
  all: z.enum(['true', 'false']).default('false'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** `next` of the page before. */
  cursor: whole.optional(),
});

/** The tree: signed heads, proofs, and what should be looked at. */
@ApiTags('ledger')
@Controller('v1')
export class LedgerController {
  constructor(
    private readonly proofs: LedgerProofs,
    private readonly incidents: Incidents,
    private readonly writer: LedgerWriter,
  ) {}

  @Public()
  @ApiOperation({ summary: 'The public key of checkpoints, tombstones and exports (C2SP signed-note)' })
  @Get('key')
  key(): { key: string } {
    return { key: this.proofs.publicKey };
  }

  @Public()
  @ApiOperation({
    summary:
      'Every key that signed this ledger, oldest first, each signed by the one before where that was there',
  })
  @Get('key/history')
  async history(): Promise<LedgerKeyList> {
    return { items: await this.proofs.keys.all() };
  }

  @ApiBearerAuth()
  @Roles('auditor', 'operator', 'admin')
  @ApiOperation({ summary: 'Signed checkpoints (C2SP tlog-checkpoint), newest first' })
  @Get('checkpoints')
  async checkpoints(
    @Query({ schema: CheckpointsQuery }) query: z.infer<typeof CheckpointsQuery>,
  ): Promise<{ items: SignedCheckpoint[] }> {
    return { items: await this.proofs.checkpoints(query.limit, query.before) };
  }

  @ApiBearerAuth()
  @Roles('auditor')
  @ApiOperation({ summary: 'Proves that an entry is in the tree (RFC 6962, 2.1.1)' })
  @Get('proofs/inclusion')
  async inclusion(
    @Query({ schema: InclusionQuery }) query: z.infer<typeof InclusionQuery>,
  ): Promise<EntryProof & { checkpoint: SignedCheckpoint }> {
    const checkpoint = await this.checkpointOf(query.size);
    if (query.index >= checkpoint.size) throw outside(`no checkpoint covers entry ${query.index}`);
    return { ...(await this.proofs.inclusion(query.index, checkpoint.size)), checkpoint };
  }

  @ApiBearerAuth()
  @Roles('auditor')
  @ApiOperation({ summary: 'Proves that one tree is the beginning of another (RFC 6962, 2.1.2)' })
  @Get('proofs/consistency')
  async consistency(
    @Query({ schema: ConsistencyQuery }) query: z.infer<typeof ConsistencyQuery>,
  ): Promise<{ from: number; path: string[]; checkpoint: SignedCheckpoint }> {
    const checkpoint = await this.checkpointOf(query.to);
    if (query.from > checkpoint.size) throw outside(`the tree has ${checkpoint.size} entries`);
    const path = await this.proofs.consistency(query.from, checkpoint.size);
    return { from: query.from, path, checkpoint };
  }

  @ApiBearerAuth()
  @Roles('auditor', 'operator')
  @ApiOperation({ summary: 'Gaps, forks, flawed events and missing events' })
  @Get('gaps')
  async gaps(
    @Query({ schema: IncidentsQuery }) query: z.infer<typeof IncidentsQuery>,
  ): Promise<IncidentList> {
    const page = await this.incidents.list(query.all === 'true', query.limit, query.cursor);
    return { ...page, size: await this.incidents.treeSize(), writer: this.writer.role };
  }

  @ApiBearerAuth()
  @Roles('auditor')
  @HttpCode(200)
  @ApiOperation({ summary: 'Takes note of everything that is reported so far' })
  @Post('gaps/acknowledge')
  async acknowledge(): Promise<{ acknowledged: number }> {
    return { acknowledged: await this.incidents.acknowledge(Date.now()) };
  }

  private async checkpointOf(size: number | undefined): Promise<SignedCheckpoint> {
    const found = size === undefined ? await this.proofs.latest() : await this.proofs.ofSize(size);
    if (found === null) throw outside('there is no such checkpoint');
    return found;
  }
}

function outside(what: string): CodedError {
  return new CodedError('request.invalid', `This can't be proven: ${what}.`);
}
