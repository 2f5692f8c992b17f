import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '#auth';
import { BlockList } from '#boot';
import { FreezeBody, FreezeList, FreezeView, type Principal } from '#contracts';
import { Freezes } from './freezes.ts';

/** The emergency stop, for one user, group or connection, or for all. */
@ApiTags('freezes')
@ApiBearerAuth()
@Roles('admin', 'operator', 'policy-author')
@Controller('v1/freezes')
export class FreezesController {
  constructor(
    private readonly freezes: Freezes,
    private readonly frozen: BlockList,
  ) {}

  @ApiOperation({ summary: 'What is frozen' })
  @ApiOkResponse({ standardSchema: FreezeList })
  @Roles('admin', 'operator', 'policy-author', 'auditor')
  @Get()
  async list(): Promise<FreezeList> {
    return { items: await this.freezes.list(this.frozen) };
  }

  @ApiOperation({ summary: 'Refuse new requests and end running calls; parked requests stay parked' })
  @ApiOkResponse({ standardSchema: FreezeView })
  @HttpCode(200)
  @Post()
  freeze(
    @Body({ schema: FreezeBody }) body: FreezeBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<FreezeView> {
    return this.freezes.freeze(body, by);
  }

  @ApiOperation({ summary: 'Let requests through again; needs another person than the one who froze' })
  @ApiOkResponse({ standardSchema: FreezeView })
  @HttpCode(200)
  @Post('release')
  release(
    @Body({ schema: FreezeBody }) body: FreezeBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<FreezeView> {
    return this.freezes.release(body, by);
  }
}
