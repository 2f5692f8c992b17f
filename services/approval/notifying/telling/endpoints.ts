import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ActiveConfig } from '#boot';
import type { WebhookChannel } from '#contracts';
import { GoneEndpoint } from './gone-endpoint.entity.ts';

const digestOf = (url: string): string => createHash('sha256').update(url).digest('hex');

/** Which webhooks said that they are gone. */
@Injectable()
export class Endpoints {
  constructor(private readonly config: ActiveConfig) {}

  /** Names of webhooks that nothing is sent to: their present URL answered 410. */
  async gone(manager: EntityManager): Promise<Set<string>> {
    return new Set((await this.rows(manager)).keys());
  }

  /** The same, with when it was. */
  async rows(manager: EntityManager): Promise<Map<string, Date>> {
    const hooks = this.config.current?.document.approvals.webhooks ?? [];
    const rows = await manager.find(GoneEndpoint, { take: 1000 });
    const current = rows.filter((row) =>
      hooks.some(({ name, url }) => name === row.channel && digestOf(url) === row.urlDigest),
    );
    return new Map(current.map(({ channel, at }) => [channel, at]));
  }

  /** Sends nothing to a webhook any more; what waits for it ends. */
  async disable(manager: EntityManager, { name, url }: WebhookChannel, at: number): Promise<void> {
    const gone = { channel: name, urlDigest: digestOf(url), at: new Date(at) };
    await manager.upsert(GoneEndpoint, gone, ['channel']);
    await manager.query(
      `update delivery set state = 'failed', ended_at = $2, last_error = 'endpoint.disabled'
       where channel = $1 and state = 'waiting'`,
      [name, new Date(at)],
    );
  }

  async enable(manager: EntityManager, channel: string): Promise<void> {
    await manager.delete(GoneEndpoint, { channel });
  }
}
