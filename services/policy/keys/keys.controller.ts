import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '#auth';
import {
  CodedError,
  GatewayKeyBody,
  GatewayKeyCreated,
  GatewayKeyId,
  GatewayKeyList,
  GatewayKeyView,
  type Principal,
} from '#contracts';
import { Keys } from './keys.ts';

/** Static keys for clients that can't get a token. */
@ApiTags('gateway keys')
@ApiBearerAuth()
@Roles('admin')
@Controller('v1/keys')
export class KeysController {
  constructor(private readonly keys: Keys) {}

  @ApiOperation({ summary: 'Make a gateway key; the answer is the only time it is shown' })
  @ApiOkResponse({ standardSchema: GatewayKeyCreated })
  @HttpCode(200)
  @Post()
  create(
    @Body({ schema: GatewayKeyBody }) body: GatewayKeyBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<GatewayKeyCreated> {
    return this.keys.create(body, by, Date.now());
  }

  @ApiOperation({ summary: 'The gateway keys that still work' })
  @ApiOkResponse({ standardSchema: GatewayKeyList })
  @Roles('admin', 'operator', 'auditor')
  @Get()
  async list(): Promise<GatewayKeyList> {
    return { items: await this.keys.list(Date.now()) };
  }

  @ApiOperation({ summary: 'Revoke a gateway key, at once and on every replica' })
  @ApiOkResponse({ standardSchema: GatewayKeyView })
  @Roles('admin', 'operator')
  @HttpCode(200)
  @Post(':id/revoke')
  revoke(@Param('id') id: string, @CurrentPrincipal() by: Principal): Promise<GatewayKeyView> {
    if (!GatewayKeyId.safeParse(id).success) {
      throw new CodedError('key.not_found', 'There is no such gateway key.');
    }
    return this.keys.revoke(id, by, Date.now());
  }
}
