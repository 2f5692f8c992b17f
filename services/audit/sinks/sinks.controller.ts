import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#auth';
import type { SinkList } from '#contracts';
import { LedgerProofs } from '../proving/ledger-proofs.ts';
import { SinkCursors } from './sink-cursors.ts';
import { Sinks } from './sinks.ts';

/** Where copies of the ledger go, and how far they are. */
@ApiTags('ledger')
@ApiBearerAuth()
@Controller('v1/sinks')
export class SinksController {
  constructor(
    private readonly sinks: Sinks,
    private readonly cursors: SinkCursors,
    private readonly proofs: LedgerProofs,
  ) {}

  @Roles('auditor', 'operator', 'admin')
  @ApiOperation({ summary: 'Each sink: how far it is, how much it misses, and why' })
  @Get()
  async list(): Promise<SinkList> {
    const [states, latest] = await Promise.all([this.cursors.all(), this.proofs.latest()]);
    const current = this.sinks.current();
    const items = states.flatMap((state) => {
      const sink = current.get(state.name);
      if (sink === undefined) return [];
      return [{ ...state, kind: sink.kind, behind: Math.max(0, (latest?.size ?? 0) - state.next) }];
    });
    return { items };
  }
}
