import type { Command } from 'commander';
import { Replay, SessionDetail, SessionList } from '#contracts';
import { CallError, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { jsonText, say, sayPiece } from '../terminal.ts';
import { type PlayedStep, type Reading, readableSteps } from './reading/readable-steps.ts';
import { continuedText, sessionsText, sessionText, stepText } from './text.ts';

const rawText = 'prompts and answers exactly as they were sent';
const pathOf = (id: string): string => `/v1/sessions/${encodeURIComponent(id)}`;

interface RawFlag {
  raw?: boolean;
}
type ShowFlags = CallerFlags & RawFlag & { content: boolean };
type ReplayFlags = CallerFlags & RawFlag & { speed: string };
type ListFlags = CallerFlags & Record<(typeof filters)[number][0], string | undefined>;

const filters = [
  ['user', 'asked by this person'],
  ['group', 'asked by a member of this group'],
  ['client', 'asked through this OAuth client or client family'],
  ['connection', 'to this connection'],
  ['model', 'to this model'],
  ['rule', 'decided by this rule'],
  ['outcome', 'answered, denied, rejected, expired, cancelled, blocked, failed or open'],
  ['approver', 'decided by this person'],
  ['entity', 'where a value of this kind was masked'],
  ['conversation', 'of this conversation'],
  ['words', 'whole words of the prompt or the answer, all of them (auditors; recorded)'],
  ['from', 'received since (ISO 8601)'],
  ['to', 'received before (ISO 8601)'],
  ['limit', 'at most so many'],
  ['cursor', '`next` of the page before'],
] as const;

/** Adds `audit list|show|replay`. */
export function registerSessions(audit: Command, usualUrl: string): void {
  const list = withCaller(audit.command('list').description('requests, newest first'), usualUrl);
  for (const [name, description] of filters) list.option(`--${name} <value>`, description);
  list.action((flags: ListFlags) =>
    runCall(flags, async (caller) => {
      const asked = filters.flatMap(([name]): [string, string][] =>
        flags[name] === undefined ? [] : [[name, flags[name]]],
      );
      const page = await caller.call('GET', `/v1/sessions?${new URLSearchParams(asked)}`, SessionList);
      say(flags.json ? jsonText(page) : sessionsText(page.items));
      if (page.next && !flags.json) say(`more: --cursor ${page.next}`);
    }),
  );
  withCaller(
    audit.command('show').argument('<request>').description('who, what, which rule, each vote, the answer'),
    usualUrl,
  )
    .option('--no-content', 'everything but the content')
    .option('--raw', rawText)
    .action((id: string, flags: ShowFlags) =>
      runCall(flags, async (caller) => {
        const detail = await caller.call('GET', `${pathOf(id)}?content=${flags.content}`, SessionDetail);
        say(flags.json ? jsonText(detail) : sessionText(detail, readingOf(flags)));
      }),
    );
  withCaller(audit.command('replay').argument('<request>').description('as it happened'), usualUrl)
    .option('--speed <factor>', 'so many times as fast; 0: at once', '1')
    .option('--raw', rawText)
    .action((id: string, flags: ReplayFlags) =>
      runCall(flags, async (caller) => {
        const replay = await caller.call('GET', `${pathOf(id)}/replay`, Replay);
        if (flags.json) say(jsonText(replay));
        else await play(readableSteps(replay, readingOf(flags)), Number(flags.speed));
      }),
    );
}

/** Streams are read for everybody, bodies for people: programs that read the output get them as they were sent. */
function readingOf({ raw }: RawFlag): Reading {
  return { streams: raw !== true, bodies: raw !== true && process.stdout.isTTY === true };
}

/** Prints a replay's steps with the time that lay between them; on a terminal an answer grows in its line. */
async function play(steps: readonly PlayedStep[], speed: number): Promise<void> {
  if (!(speed >= 0)) throw new CallError('request.invalid', '--speed is a number such as 4', 0);
  let atMs = 0;
  for (const [index, step] of steps.entries()) {
    const waitMs = speed === 0 ? 0 : (step.atMs - atMs) / speed;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    atMs = step.atMs;
    const grows = process.stdout.isTTY && step.continues;
    if (process.stdout.isTTY && index > 0 && !grows) say('');
    if (!process.stdout.isTTY) say(stepText(step));
    else sayPiece(grows ? continuedText(step.text) : stepText(step));
  }
  if (process.stdout.isTTY && steps.length > 0) say('');
}
