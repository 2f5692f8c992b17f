import { ApprovalDetail } from '#contracts';
import { CallError, type Caller } from '../caller.ts';
import { jsonText } from '../terminal.ts';
import { listText } from './text.ts';

const retryMs = 1000;

/** Prints a line for each change of what this person may see, and follows on after a lost connection. */
export async function watchApprovals(
  caller: Caller,
  json: boolean,
  say: (text: string) => void,
): Promise<void> {
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  process.once('SIGINT', stop);
  try {
    while (!ending.signal.aborted) {
      await follow(caller, json, say, ending.signal);
      if (!ending.signal.aborted) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  } finally {
    process.off('SIGINT', stop);
  }
}

async function follow(
  caller: Caller,
  json: boolean,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const { event, data } of caller.events('/v1/approvals/events', signal)) {
      if (event !== 'changed') continue;
      const { id } = JSON.parse(data) as { id: string };
      if (json) say(jsonText(JSON.parse(data)));
      else say(await lineOf(caller, id));
    }
  } catch (error) {
    if (signal.aborted) return;
    // A refusal stays one; a lost connection comes back.
    if (error instanceof CallError && error.status > 0 && error.status < 500) throw error;
  }
}

async function lineOf(caller: Caller, id: string): Promise<string> {
  const detail = await caller.call('GET', `/v1/approvals/${encodeURIComponent(id)}`, ApprovalDetail);
  const [, line = ''] = listText([detail], Date.now()).split('\n');
  return line;
}
