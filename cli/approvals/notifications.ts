import type { Command } from 'commander';
import { ChannelList, ChannelView, DeliveryList, DeliveryView } from '#contracts';
import { addressOf } from '../addresses.ts';
import { type CallerFlags, runCall, withCaller } from '../caller.ts';
import { inWords, jsonText, say, table } from '../terminal.ts';

const usualUrl = addressOf('approval');
const root = '/v1/notifications';

interface ListFlags extends CallerFlags {
  approval?: string;
  channel?: string;
  state?: string;
  limit: string;
  cursor?: string;
}

/** Adds `notifications channels|list|resend|enable`: how people and programs are told. */
export function registerNotifications(program: Command): void {
  const notifications = program
    .command('notifications')
    .description('what is sent by e-mail and webhook, and how that goes');
  registerReading(notifications);
  registerActing(notifications);
}

function registerReading(notifications: Command): void {
  withCaller(
    notifications.command('channels').description('the channels of sallyport.yaml'),
    usualUrl,
  ).action((flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const list = await caller.call('GET', `${root}/channels`, ChannelList);
      say(flags.json ? jsonText(list) : channelsText(list.items, Date.now()));
    }),
  );
  withCaller(notifications.command('list').description('deliveries, newest first'), usualUrl)
    .option('--approval <id>', 'of this approval request')
    .option('--channel <name>', 'email, or the name of a webhook')
    .option('--state <state>', 'waiting, delivered, failed or skipped')
    .option('--limit <count>', 'at most so many', '50')
    .option('--cursor <text>', '`next` of the page before')
    .action((flags: ListFlags) =>
      runCall(flags, async (caller) => {
        const { approval, channel, state, limit, cursor } = flags;
        const asked = Object.entries({ approval, channel, state, limit, cursor });
        const query = new URLSearchParams(
          asked.filter((entry): entry is [string, string] => entry[1] !== undefined),
        );
        const list = await caller.call('GET', `${root}?${query}`, DeliveryList);
        say(flags.json ? jsonText(list) : deliveriesText(list.items, Date.now()));
        if (list.next && !flags.json) say(`more: --cursor ${list.next}`);
      }),
    );
}

function registerActing(notifications: Command): void {
  withCaller(
    notifications.command('resend').description('send a delivery again, with the same id').argument('<id>'),
    usualUrl,
  ).action((id: string, flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const path = `${root}/${encodeURIComponent(id)}/resend`;
      const view = await caller.call('POST', path, DeliveryView);
      say(flags.json ? jsonText(view) : 'It waits to be sent.');
    }),
  );
  withCaller(
    notifications
      .command('enable')
      .description('send to a webhook again that had answered 410 Gone')
      .argument('<channel>'),
    usualUrl,
  ).action((channel: string, flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const path = `${root}/channels/${encodeURIComponent(channel)}/enable`;
      const view = await caller.call('POST', path, ChannelView);
      say(flags.json ? jsonText(view) : `${view.channel} is ${view.state}.`);
    }),
  );
}

function channelsText(items: readonly ChannelView[], now: number): string {
  if (items.length === 0) return 'No channel is configured: nobody is notified.';
  const rows = items.map(({ channel, format, content, state, waiting, failed, lastDeliveredAt }) => [
    ...[channel, format, content, state, String(waiting), String(failed)],
    lastDeliveredAt === undefined ? '-' : `${inWords(now - lastDeliveredAt)} ago`,
  ]);
  return table([['CHANNEL', 'FORMAT', 'CONTENT', 'STATE', 'WAITING', 'FAILED', 'LAST'], ...rows]);
}

function deliveriesText(items: readonly DeliveryView[], now: number): string {
  if (items.length === 0) return 'Nothing was sent.';
  const rows = items.map(({ id, kind, channel, audience, state, attempts, at, lastError }) => [
    ...[id, kind, channel, audience, state, String(attempts), `${inWords(now - at)} ago`, lastError ?? ''],
  ]);
  return table([['ID', 'KIND', 'CHANNEL', 'TO', 'STATE', 'ATTEMPTS', 'AT', 'ERROR'], ...rows]);
}
