import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#auth';
import { ChannelList, ChannelView, DeliveryList, DeliveryView, ListDeliveriesQuery } from '#contracts';
import { Channels } from './channels.ts';
import { Deliveries } from './delivering/deliveries.ts';

/** How people and programs are told: the channels, what was sent, and sending it again. Nothing of the content. */
@ApiTags('notifications')
@ApiBearerAuth()
@Controller('v1/notifications')
export class NotificationsController {
  constructor(
    private readonly channels: Channels,
    private readonly deliveries: Deliveries,
  ) {}

  @ApiOperation({ summary: 'The channels of `sallyport.yaml` and how they fare' })
  @ApiOkResponse({ standardSchema: ChannelList })
  @Roles('admin', 'operator', 'auditor')
  @Get('channels')
  listChannels(): Promise<ChannelList> {
    return this.channels.list();
  }

  @ApiOperation({ summary: 'Sends to a webhook again that had answered 410 Gone' })
  @ApiOkResponse({ standardSchema: ChannelView })
  @Roles('admin', 'operator')
  @Post('channels/:channel/enable')
  @HttpCode(200)
  enable(@Param('channel') channel: string): Promise<ChannelView> {
    return this.channels.enable(channel);
  }

  @ApiOperation({ summary: 'Deliveries, newest first, page by page' })
  @ApiOkResponse({ standardSchema: DeliveryList })
  @Roles('admin', 'operator', 'auditor')
  @Get()
  list(@Query({ schema: ListDeliveriesQuery }) query: ListDeliveriesQuery): Promise<DeliveryList> {
    return this.deliveries.page(query);
  }

  @ApiOperation({ summary: 'Sends one delivery again, with the same id' })
  @ApiOkResponse({ standardSchema: DeliveryView })
  @Roles('admin', 'operator')
  @Post(':id/resend')
  @HttpCode(200)
  resend(@Param('id') id: string): Promise<DeliveryView> {
    return this.deliveries.resend(id, Date.now());
  }
}
