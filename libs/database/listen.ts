import pg from 'pg';
import { clientConfig } from './data-source.ts';

const retryMs = 500;

/**
 * Listens to a Postgres channel (`NOTIFY`) on a connection of its own, and reconnects for as long as it isn't stopped.
 * `onConnected` runs after each (re)connect: what was said meanwhile is lost, so readers start anew there.
 */
export function listenTo(options: {
  url: string;
  schema: string;
  channel: string;
  onMessage: (payload: string) => void;
  onConnected?: () => void;
}): () => Promise<void> {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  const open = async (): Promise<void> => {
    const next = new pg.Client(clientConfig(options.url, options.schema));
    client = next;
    let gone = false;
    const again = (): void => {
      if (gone || stopped) return;
      gone = true;
      next.end().catch(() => undefined);
      retry = setTimeout(() => void open(), retryMs);
    };
    next.on('error', again);
    next.on('end', again);
    next.on('notification', ({ payload }) => options.onMessage(payload ?? ''));
    try {
      await next.connect();
      await next.query(`listen ${next.escapeIdentifier(options.channel)}`);
      options.onConnected?.();
    } catch {
      again();
    }
  };
  void open();
  return async () => {
    stopped = true;
    clearTimeout(retry);
    await client?.end().catch(() => undefined);
  };
}
