import { expect } from '@jest/globals';
import { type ApprovalDetail, type ApprovalList, requestAttached } from '#contracts';
import type { Bus } from '#messaging';
import { eventually, startWorld, type World } from '#testing';
import { eventsOf } from '../../journeys/journey-row.ts';
import { approvalApi } from '../../journeys/people.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../scripted-upstream.ts';
import { answerOf, policy } from './setting.ts';
import { type Spoken, spoken } from './spoken.ts';

/** The one world of all cases of this folder. */
export let world: World;
export let upstream: ScriptedUpstream;
let token: string;
let bus: Bus;
/** So that no two cases say the same: what was approved once isn't held again. */
let cases = 0;

export async function openWorld(): Promise<void> {
  upstream = await startScriptedUpstream();
  upstream.say(answerOf);
  world = await startWorld({ config: ({ issuer }) => policy(issuer, upstream.url) });
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
  token = await world.idp.mint({ user: 'carol', expiresInSeconds: 3000 });
  bus = await world.bus('ingress');
}

export async function closeWorld(): Promise<void> {
  await world.stop();
  await upstream.stop();
}

export const streamed = spoken.filter(({ stream }) => stream !== undefined);

interface Sent {
  readonly answer: Promise<Response>;
  leave(): void;
}

export function send(of: Spoken, text: string, options: { stream?: boolean; headers?: object } = {}): Sent {
  const control = new AbortController();
  const answer = fetch(`${world.urlOf('ingress')}${of.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...options.headers },
    body: JSON.stringify(of.ask(text, options.stream === true)),
    signal: control.signal,
  });
  answer.catch(() => undefined);
  return { answer, leave: () => control.abort() };
}

/** Runs a case for each call, all at once; what comes of each stands under its name. */
export async function each<T>(
  calls: readonly Spoken[],
  run: (of: Spoken, word: string) => Promise<T>,
): Promise<Record<string, T>> {
  cases += 1;
  const prefix = `case${cases}n`;
  const entries = calls.map(async (of, nth) => [of.name, await run(of, `${prefix}${nth}x`)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

export const all = <T>(calls: readonly Spoken[], value: T): Record<string, T> =>
  Object.fromEntries(calls.map(({ name }) => [name, value]));

const details = new Map<string, ApprovalDetail>();

/** The approval requests with a word, as they were first seen. */
export async function cards(word: string): Promise<ApprovalDetail[]> {
  const { body } = await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals?sort=newest&limit=200');
  for (const { id } of body.items) {
    if (details.has(id)) continue;
    details.set(id, (await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`)).body);
  }
  return [...details.values()].filter((card) => JSON.stringify(card).includes(word));
}

export const held = (word: string): Promise<ApprovalDetail> =>
  eventually(
    async () => {
      const [card] = await cards(word);
      if (!card) throw new Error(`nothing held with ${word}`);
      return card;
    },
    { timeoutMs: 30_000, everyMs: 100 },
  );

export async function statusOf({ requestId }: ApprovalDetail, path = ''): Promise<Response> {
  return fetch(`${world.urlOf('ingress')}/v1/requests/${requestId}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

/** Waits until the gateway says something of a request. */
export const says = (card: ApprovalDetail, what: object): Promise<void> =>
  eventually(async () => expect(await (await statusOf(card)).json()).toMatchObject(what), {
    timeoutMs: 20_000,
  });

/** How a client came back, each time, as the log has it. */
export const attached = ({ requestId }: ApprovalDetail): Promise<string[]> =>
  eventually(async () => {
    const found = await eventsOf(bus, requestAttached, requestId);
    expect(found).not.toEqual([]);
    return found.map(({ how }) => how);
  });

/** What a refusal looks like to whoever reads it. */
export async function refusal(of: Spoken, answer: Response) {
  const error = of.readError(await answer.text());
  const { headers, status } = answer;
  const hasIds = headers.get('x-request-id') === headers.get('x-sallyport-request-id');
  return { status, code: error.code, retry: headers.get('x-should-retry'), hasIds };
}
