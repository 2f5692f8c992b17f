import type { Command } from 'commander';
import { ErasureList, ErasureView, HoldList, HoldView, RotatedKeys } from '#contracts';
import { addressOf } from '../addresses.ts';
import { CallError, type Caller, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { jsonText, say, sayDocument, unseenAsText } from '../terminal.ts';

const usualUrl = addressOf('audit');

/** Adds `audit erase|erasures|hold|rotate-keys`. */
export function registerGovernance(audit: Command): void {
  registerErasure(audit);
  registerHolds(audit);
  withCaller(
    audit.command('rotate-keys').description('wrap every data key with the current key-encryption key'),
    usualUrl,
  ).action((flags: CallerFlags) => runCall(flags, (caller) => rotate(caller, flags)));
}

async function rotate(caller: Caller, { json }: CallerFlags): Promise<void> {
  let [rotated, seen, key] = [0, 0, ''];
  for (let from: number | null = 1; from !== null; ) {
    const step: RotatedKeys = await caller.call('POST', '/v1/keys/rotation', RotatedKeys, { from });
    [rotated, seen, key, from] = [rotated + step.rotated, seen + step.seen, step.key, step.next];
  }
  say(
    json
      ? JSON.stringify({ key, rotated, seen })
      : `${rotated} of ${seen} data keys wrapped anew with ${key}`,
  );
}

interface EraseFlags extends CallerFlags {
  subject: string;
  of?: string;
  reason?: string;
  wait?: string;
}

function registerErasure(audit: Command): void {
  withCaller(audit.command('erase').description('ask others to agree that a person is forgotten'), usualUrl)
    .requiredOption('--subject <subject>', 'the OIDC subject of the person')
    .option('--of <issuer>', 'the issuer that knows them (default: your own)')
    .option('--reason <text>', 'why, for those who decide')
    .option('--wait <seconds>', 'wait so long for the decision, and print the certificate')
    .action((flags: EraseFlags) => runCall(flags, (caller) => erase(caller, flags)));
  withCaller(
    audit.command('erasures').argument('[id]').description('erasures that were asked for, or one of them'),
    usualUrl,
  )
    .option('--certificate', 'print only the signed certificate')
    .action((id: string | undefined, flags: CallerFlags & { certificate?: boolean }) =>
      runCall(flags, async (caller) => {
        if (id === undefined) {
          const list = await caller.call('GET', '/v1/erasures', ErasureList);
          say(flags.json ? jsonText(list) : list.items.map(erasureText).join('\n'));
          return;
        }
        const view = await find(caller, id);
        if (!flags.certificate) return say(flags.json ? jsonText(view) : erasureText(view));
        if (view.certificate === null) {
          throw new CallError('request.not_found', `There is no certificate yet: it is ${view.state}.`, 409);
        }
        sayDocument(view.certificate);
      }),
    );
}

const find = (caller: Caller, id: string): Promise<ErasureView> =>
  caller.call('GET', `/v1/erasures/${encodeURIComponent(id.replace(/\.change$/, ''))}`, ErasureView);

async function erase(caller: Caller, flags: EraseFlags): Promise<void> {
  const { subject, of: issuer, reason, wait } = flags;
  const waitMs = wait === undefined ? 0 : Number(wait) * 1000;
  if (!(waitMs >= 0)) throw new CallError('request.invalid', '--wait is a number of seconds', 0);
  const body = { subject, ...(issuer !== undefined && { issuer }), ...(reason !== undefined && { reason }) };
  let view = await caller.call('POST', '/v1/erasures', ErasureView, body);
  const isOpen = (): boolean => view.state === 'waiting' || view.state === 'erasing';
  for (const endMs = Date.now() + waitMs; isOpen() && Date.now() < endMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    view = await find(caller, view.id);
  }
  if (flags.json) say(jsonText(view));
  else sayDocument(view.certificate ?? `${erasureText(view)}\n`);
}

/** An erasure in one line. */
function erasureText({ approval, state, subjectKey, groups, holds, doneAt }: ErasureView): string {
  const about = `${approval}  ${state}  ${subjectKey}`;
  if (state === 'waiting') return `${about}  asked of ${groups.join(', ')}`;
  if (holds.length > 0) return `${about}  kept by ${holds.join(', ')}`;
  return doneAt === null ? about : `${about}  ${new Date(doneAt).toISOString()}`;
}

interface HoldFlags extends CallerFlags {
  subject?: string;
  of?: string;
  request?: string;
  period?: string;
  reason: string;
}

function registerHolds(audit: Command): void {
  const hold = audit.command('hold').description('legal holds: what is neither erased nor dropped by age');
  withCaller(hold.command('add').description('keep a person, a request or a period'), usualUrl)
    .option('--subject <subject>', 'everything of the person with this OIDC subject')
    .option('--of <issuer>', 'the issuer that knows them (default: your own)')
    .option('--request <id>', 'one request')
    .option('--period <from..to>', 'requests received in this time, e.g. 2026-01-01..2026-04-01')
    .requiredOption('--reason <text>', 'why; stands in the ledger')
    .action((flags: HoldFlags) =>
      runCall(flags, async (caller) => {
        const view = await caller.call('POST', '/v1/holds', HoldView, holdBody(flags));
        say(flags.json ? jsonText(view) : holdText(view));
      }),
    );
  withCaller(hold.command('list').description('holds in force'), usualUrl).action((flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const list = await caller.call('GET', '/v1/holds', HoldList);
      if (flags.json) say(jsonText(list));
      else if (list.items.length > 0) say(list.items.map(holdText).join('\n'));
    }),
  );
  withCaller(hold.command('lift').argument('<hold>').description('end a hold'), usualUrl)
    .requiredOption('--reason <text>', 'why; stands in the ledger')
    .action((id: string, flags: CallerFlags & { reason: string }) =>
      runCall(flags, async (caller) => {
        const path = `/v1/holds/${encodeURIComponent(id)}/lift`;
        const view = await caller.call('POST', path, HoldView, { reason: flags.reason });
        say(flags.json ? jsonText(view) : `lifted ${view.id}`);
      }),
    );
}

function holdBody({ subject, of: issuer, request, period, reason }: HoldFlags): object {
  const [from, to, ...rest] = period?.split('..') ?? [];
  if (period !== undefined && (!from || !to || rest.length > 0)) {
    throw new CallError('request.invalid', '--period is two moments, e.g. 2026-01-01..2026-04-01', 0);
  }
  return {
    reason,
    ...(subject !== undefined && { subject }),
    ...(issuer !== undefined && { issuer }),
    ...(request !== undefined && { requestId: request }),
    ...(period !== undefined && { period: { from, to } }),
  };
}

/** A hold in one line. */
function holdText({ id, scope, subjectKey, requestId, from, to, details, placedAt }: HoldView): string {
  const time = (at: number | undefined): string => new Date(at ?? 0).toISOString();
  const period = scope === 'period' ? `${time(from)}..${time(to)}` : undefined;
  const what = details?.subject ?? subjectKey ?? requestId ?? period ?? '';
  const why = details === null ? '(erased)' : `${details.by.name ?? details.by.subject}: ${details.reason}`;
  return unseenAsText(`${id}  ${scope} ${what}  since ${time(placedAt)}  ${why}`);
}
