import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#auth';
import { LOGGER, SETTINGS } from '#boot';
import { type RotatedKeys, RotateKeysBody } from '#contracts';
import { Bus } from '#messaging';
import { rotateKeys } from '#sealing';
import type { Logger } from '#telemetry';
import type { AuditSettings } from '../config.ts';

const stepKeys = 500;

/** People's data keys: wrapped by a key-encryption key that can be changed without touching content. */
@ApiTags('keys')
@ApiBearerAuth()
@Controller('v1/keys')
export class KeysController {
  constructor(
    private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: AuditSettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @ApiOperation({
    summary: 'Wraps some data keys anew with the current key-encryption key; call it until `next` is null',
  })
  @Roles('admin')
  @Post('rotation')
  @HttpCode(200)
  async rotate(@Body({ schema: RotateKeysBody }) { from }: RotateKeysBody): Promise<RotatedKeys> {
    const ring = await this.settings.keys.read();
    const step = await rotateKeys(this.bus, ring, from, stepKeys);
    if (step.rotated > 0)
      this.logger.info({ rotated: step.rotated, key: ring.current.id }, 'data keys wrapped anew');
    return { key: ring.current.id, ...step };
  }
}
