import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ActiveConfig } from '#boot';
import { type Approvals, type ChannelList, type ChannelView, CodedError } from '#contracts';
import { UnitOfWork } from '#database';
import { Endpoints } from './telling/endpoints.ts';

interface Counts {
  channel: string;
  waiting: number;
  failed: number;
  last: Date | null;
}

/** The channels of the revision in force, and how they fare. Addresses and URLs are not shown: some are secrets. */
@Injectable()
export class Channels {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly config: ActiveConfig,
    private readonly endpoints: Endpoints,
  ) {}

  async list(): Promise<ChannelList> {
    return { items: await this.unit.read((manager) => this.views(manager)) };
  }

  /** Throws `notification.not_found` where no webhook has that name. */
  async enable(channel: string): Promise<ChannelView> {
    return this.unit.inTransaction(async ({ manager }) => {
      await this.endpoints.enable(manager, channel);
      const view = (await this.views(manager)).find((one) => one.channel === channel);
      if (view) return view;
      throw new CodedError('notification.not_found', 'There is no such channel in the revision in force.');
    });
  }

  private async views(manager: EntityManager): Promise<ChannelView[]> {
    const approvals = this.config.current?.document.approvals;
    if (!approvals) return [];
    const gone = await this.endpoints.rows(manager);
    const counts: Counts[] = await manager.query(
      `select channel, count(*) filter (where state = 'waiting')::int as waiting,
         count(*) filter (where state = 'failed')::int as failed,
         max(ended_at) filter (where state = 'delivered') as last
       from delivery group by channel`,
    );
    return configured(approvals).map((channel): ChannelView => {
      const found = counts.find((one) => one.channel === channel.channel);
      const disabledAt = gone.get(channel.channel);
      return {
        ...channel,
        state: disabledAt ? 'disabled' : 'enabled',
        ...(disabledAt && { disabledAt: disabledAt.getTime() }),
        ...{ waiting: found?.waiting ?? 0, failed: found?.failed ?? 0 },
        ...(found?.last && { lastDeliveredAt: found.last.getTime() }),
      };
    });
  }
}

function configured({ email, webhooks }: Approvals): Pick<ChannelView, 'channel' | 'format' | 'content'>[] {
  const hooks = webhooks.map(({ name: channel, format, content }) => ({ channel, format, content }));
  return email ? [{ channel: 'email', format: 'email', content: email.content }, ...hooks] : hooks;
}
