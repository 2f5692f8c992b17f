import type { Command } from 'commander';
import { z } from 'zod';
import { DeadLetterDetail, DeadLetterView } from '#contracts';
import { addressOf } from './addresses.ts';
import { type CallerFlags, runCall, withCaller } from './caller.ts';
import { jsonText, say, table, unseenAsText } from './terminal.ts';

const usualUrl = addressOf('audit');
const LetterList = z.object({ items: z.array(DeadLetterView), next: z.number().optional() });

interface ListFlags extends CallerFlags {
  service?: string;
  limit: string;
  cursor: string;
}

/** Adds `dead-letters list|show|retry`. */
export function registerDeadLetters(program: Command): void {
  const letters = program.command('dead-letters').description('messages that services gave up');
  withCaller(letters.command('list').description('oldest first'), usualUrl)
    .option('--service <name>', 'given up by this service')
    .option('--limit <count>', 'at most so many', '50')
    .option('--cursor <number>', '`next` of the page before', '0')
    .action((flags: ListFlags) =>
      runCall(flags, async (caller) => {
        const { service, limit, cursor } = flags;
        const query = new URLSearchParams({ limit, cursor, ...(service !== undefined && { service }) });
        const list = await caller.call('GET', `/v1/dead-letters?${query}`, LetterList);
        say(flags.json ? jsonText(list) : listText(list.items));
        if (list.next !== undefined && !flags.json) say(`more: --cursor ${list.next}`);
      }),
    );
  withCaller(
    letters.command('show').argument('<number>').description('one of them, complete'),
    usualUrl,
  ).action((number: string, flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const letter = await caller.call('GET', pathOf(number), DeadLetterDetail);
      say(flags.json ? jsonText(letter) : detailText(letter));
    }),
  );
  withCaller(
    letters.command('retry').argument('<number>').description('run it again, unless its request has ended'),
    usualUrl,
  ).action((number: string, flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const letter = await caller.call('POST', `${pathOf(number)}/retry`, DeadLetterView, {});
      say(flags.json ? jsonText(letter) : `${letter.service} runs it again`);
    }),
  );
}

const pathOf = (number: string): string => `/v1/dead-letters/${encodeURIComponent(number)}`;

function listText(items: readonly DeadLetterView[]): string {
  if (items.length === 0) return 'none';
  const rows = items.map((one) => [
    String(one.sequence),
    new Date(one.at).toISOString(),
    one.service,
    one.code,
    one.subject,
    one.requestId ?? '-',
  ]);
  return table([['NUMBER', 'GIVEN UP', 'SERVICE', 'CODE', 'SUBJECT', 'REQUEST'], ...rows]);
}

function detailText(letter: DeadLetterDetail): string {
  const facts = [
    `number      ${letter.sequence}`,
    `given up    ${new Date(letter.at).toISOString()} by ${letter.service} after ${letter.deliveries} deliveries: ${letter.code}`,
    `message     ${letter.subject}, sequence ${letter.eventSequence}, ${letter.bytes} bytes (${letter.sealedBytes} sealed)`,
    `request     ${letter.requestId ?? '-'}`,
  ];
  return [...facts, unseenAsText(JSON.stringify(letter.head, null, 2))].join('\n');
}
