import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { IncidentList, LedgerKeyList, SignedCheckpoint } from '#contracts';
import { addressOf } from '../addresses.ts';
import { CallError, type Caller, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { jsonText, say, sayDocument } from '../terminal.ts';
import { registerEvidence } from './evidence.ts';
import { registerGovernance } from './governance.ts';
import { registerReport } from './report.ts';
import { registerSessions } from './sessions.ts';
import { registerSinks } from './sinks.ts';
import { incidentsText } from './text.ts';
import { registerAuditVerify } from './verify.ts';

const usualUrl = addressOf('audit');
const CheckpointList = z.object({ items: z.array(SignedCheckpoint) });

/** Adds `audit show|list|export|verify|replay|gaps|checkpoint`. */
export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('the record of what happened');
  registerSessions(audit, usualUrl);
  registerLedger(audit);
  registerExport(audit);
  registerGovernance(audit);
  registerSinks(audit, usualUrl);
  registerReport(audit);
  registerEvidence(audit);
  registerAuditVerify(audit);
}

interface GapFlags extends CallerFlags {
  all?: boolean;
  acknowledge?: boolean;
}

function registerLedger(audit: Command): void {
  withCaller(audit.command('gaps').description('what is missing or does not fit'), usualUrl)
    .option('--all', 'also what somebody took note of')
    .option('--acknowledge', 'take note of everything that is shown')
    .action((flags: GapFlags) => runCall(flags, (caller) => gaps(caller, flags)));
  withCaller(audit.command('checkpoint').description('the newest signed checkpoint'), usualUrl)
    .option('--key', 'print the public key instead')
    .option('--keys', 'print every key that signed this ledger instead, oldest first')
    .action((flags: CallerFlags & { key?: boolean; keys?: boolean }) =>
      runCall(flags, async (caller) => {
        if (flags.keys) {
          const list = await caller.call('GET', '/v1/key/history', LedgerKeyList);
          say(flags.json ? jsonText(list) : list.items.map(({ key }) => key).join('\n'));
          return;
        }
        if (flags.key) {
          const { key } = await caller.call('GET', '/v1/key', z.object({ key: z.string() }));
          say(flags.json ? jsonText({ key }) : key);
          return;
        }
        const { items } = await caller.call('GET', '/v1/checkpoints?limit=1', CheckpointList);
        const newest = items[0];
        if (newest === undefined) throw new CallError('request.not_found', 'Nothing is signed yet.', 404);
        sayDocument(flags.json ? `${jsonText(newest)}\n` : newest.note);
      }),
    );
}

async function gaps(caller: Caller, flags: GapFlags): Promise<void> {
  const list = await caller.call('GET', `/v1/gaps?all=${flags.all === true}`, IncidentList);
  say(flags.json ? jsonText(list) : incidentsText(list));
  if (!flags.acknowledge) return;
  const noted = z.object({ acknowledged: z.number() });
  const { acknowledged } = await caller.call('POST', '/v1/gaps/acknowledge', noted, {});
  if (!flags.json) say(`took note of ${acknowledged}`);
}

interface ExportFlags extends CallerFlags {
  from?: string;
  to?: string;
  request?: string;
  output?: string;
}

function registerExport(audit: Command): void {
  withCaller(audit.command('export').description('the ledger as NDJSON, for `audit verify`'), usualUrl)
    .option('--from <time>', 'entries since (ISO 8601)')
    .option('--to <time>', 'entries before (ISO 8601)')
    .option('--request <id>', 'only the entries of one request')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .action((flags: ExportFlags) =>
      runCall(flags, async (caller) => {
        const { from, to, request } = flags;
        const asked = Object.entries({ from, to, request });
        const query = new URLSearchParams(
          asked.filter((one): one is [string, string] => one[1] !== undefined),
        );
        const body = Readable.fromWeb(await caller.stream(`/v1/export?${query}`));
        const target = flags.output === undefined ? process.stdout : createWriteStream(flags.output);
        await pipeline(body, target, { end: flags.output !== undefined });
      }),
    );
}
