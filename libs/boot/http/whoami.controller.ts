import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, CurrentRoles } from '#auth';
import type { Principal, Role, Whoami } from '#contracts';

/** Who a service takes a caller for: what to look at first when something is refused. */
@ApiTags('identity')
@ApiBearerAuth()
@Controller('v1/whoami')
export class WhoamiController {
  @ApiOperation({ summary: 'The caller as their token says, with groups and roles' })
  @Get()
  show(@CurrentPrincipal() principal: Principal, @CurrentRoles() roles: Role[]): Whoami {
    return { ...principal, roles };
  }
}
