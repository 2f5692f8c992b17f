import type { Command } from 'commander';
import { SinkList } from '#contracts';
import { type CallerFlags, runCall, withCaller } from '../caller.ts';
import { jsonText, say, unseenAsText } from '../terminal.ts';

/** Adds `audit sinks`: where copies of the ledger go, and how far they are. */
export function registerSinks(audit: Command, url: string): void {
  withCaller(
    audit.command('sinks').description('where copies of the ledger go, and how far they are'),
    url,
  ).action((flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const list = await caller.call('GET', '/v1/sinks', SinkList);
      say(flags.json ? jsonText(list) : sinksText(list.items));
    }),
  );
}

/** Lines for a terminal. */
function sinksText(items: SinkList['items']): string {
  if (items.length === 0) return 'no sinks: see sinks in sallyport.yaml';
  return items
    .map(({ name, kind, next, behind, failure, failingSince }) => {
      const state =
        failure === null || failingSince === null
          ? 'well'
          : `failing since ${new Date(failingSince).toISOString()}: ${unseenAsText(failure)}`;
      return `${name.padEnd(20)} ${kind.padEnd(6)} has ${next} entries, misses ${behind}  ${state}`;
    })
    .join('\n');
}
