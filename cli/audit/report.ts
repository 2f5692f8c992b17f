import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { Report, type ReportKind, type ReportLine, reportKinds } from '#contracts';
import { addressOf } from '../addresses.ts';
import { type CallerFlags, runCall, withCaller } from '../caller.ts';
import { inWords, jsonText, say, sayDocument, table, unseenAsText } from '../terminal.ts';

interface ReportFlags extends CallerFlags {
  by: string;
  from?: string;
  to?: string;
  csv?: boolean;
}

/** Adds `audit report`: requests of a period, counted. */
export function registerReport(audit: Command): void {
  withCaller(
    audit.command('report').description('requests of a period, counted; the last 30 days'),
    addressOf('audit'),
  )
    .addOption(new Option('--by <what>', 'a line for each').choices(reportKinds).default('user'))
    .option('--from <time>', 'received since (ISO 8601)')
    .option('--to <time>', 'received before (ISO 8601)')
    .option('--csv', 'print CSV, with every column')
    .action((flags: ReportFlags) =>
      runCall(flags, async (caller) => {
        const { by, from, to } = flags;
        const query = new URLSearchParams({ by, ...(from && { from }), ...(to && { to }) });
        if (flags.csv) {
          const body = await caller.stream(`/v1/reports?${query}&format=csv`);
          sayDocument(await text(Readable.fromWeb(body)));
          return;
        }
        const report = await caller.call('GET', `/v1/reports?${query}`, Report);
        say(flags.json ? jsonText(report) : reportText(report));
      }),
    );
}

/** Who or what a line is about. Of somebody who was erased the name of their key is left, or nothing. */
function nameOf({ key, person }: ReportLine, by: ReportKind): string {
  const isPerson = by === 'user' || by === 'approver';
  const name = person?.email ?? person?.name ?? person?.subject;
  if (name !== undefined) return unseenAsText(name);
  if (isPerson) return key === '' ? '(erased)' : `(erased) ${key.slice(0, 8)}`;
  return key === '' ? '(none)' : unseenAsText(key);
}

const counted = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');

function reportText({ by, lines, requests, from, to }: Report): string {
  const head = [by, 'requests', 'outcomes', 'held', 'votes', 'decided in', 'tokens', 'masked'];
  const rows = lines.map((line) => [
    nameOf(line, by),
    String(line.requests),
    counted(line.outcomes),
    String(line.held),
    counted({ approve: line.approvals, reject: line.rejections }),
    line.decisionMs.median === null ? '' : inWords(line.decisionMs.median),
    String(line.promptTokens + line.completionTokens),
    counted(line.masked),
  ]);
  const period = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}: ${requests} requests`;
  return `${period}\n${table([head, ...rows])}`;
}
