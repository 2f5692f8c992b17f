import type { ApprovalDetail } from '#contracts';
import { eventually } from '#testing';
import { patienceMs } from '../../../services/ingress/caller.ts';
import { approvalApi, vote } from '../../journeys/people.ts';
import { type Asked, type Library, type Raised, raisedOf } from '../libraries/library.ts';
import type { Setting } from './setting.ts';

/** One column of the table: what happens to a client, tried with each library. Throws where it is not as it should be. */
export interface Check {
  readonly title: string;
  /** What the column means, for the page. */
  readonly meaning: string;
  /** Counts what all libraries share. */
  readonly oneByOne?: true;
  /** `word` stands in no other request. Gives what the client's program saw. */
  readonly run: (setting: Setting, library: Library, word: string) => Promise<string>;
}

export const asked = ({ tap, token }: Setting, text: string, rest: Partial<Asked> = {}): Asked => ({
  gateway: tap.url,
  token,
  text,
  ...rest,
});

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function expectText(text: string, part: string): string {
  expectThat(text.includes(part), `expected "${part}" in "${text.slice(0, 200)}"`);
  return 'answered';
}

export const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => {
      throw new Error(`no error was raised, but: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

/** What a library raised, with the code or (where the library hides it) the words that the gateway gave. */
export function expectRaised(error: unknown, code: string, words: string): string {
  const raised = raisedOf(error);
  expectThat(
    raised.code === code || raised.text.includes(words),
    `expected ${code}: ${sayRaised(raised)} ${raised.text}`,
  );
  return sayRaised(raised);
}

function sayRaised({ name, status, code }: Raised): string {
  return [name, status, code].filter((part) => part !== undefined).join(' ');
}

export async function approve(setting: Setting, card: ApprovalDetail): Promise<void> {
  const { status } = await vote(setting.world, 'alice', card, 'approve');
  expectThat(status === 200, `the vote got ${status}`);
}

async function edit(
  setting: Setting,
  { id, digest, version }: ApprovalDetail,
  change: object,
): Promise<void> {
  const body = { digest, version, approve: true, ...change };
  const { status } = await approvalApi(setting.world, 'alice', `/v1/approvals/${id}/edits`, body);
  expectThat(status === 200, `the edit got ${status}`);
}

/** Ingress knows that the request waits: from now on it can be come back for. */
function indexed({ world, token }: Setting, { requestId }: ApprovalDetail): Promise<void> {
  return eventually(async () => {
    const headers = { authorization: `Bearer ${token}` };
    const { status } = await fetch(`${world.urlOf('ingress')}/v1/requests/${requestId}`, { headers });
    expectThat(status === 200, `the request's status got ${status}`);
  });
}

/** Ingress knows that the client is gone: the same call is not a second one beside it. */
function disconnected({ world, token }: Setting, { requestId }: ApprovalDetail): Promise<void> {
  return eventually(async () => {
    const headers = { authorization: `Bearer ${token}` };
    const shown = await fetch(`${world.urlOf('ingress')}/v1/requests/${requestId}`, { headers });
    const { connected } = (await shown.json()) as { connected?: boolean };
    expectThat(connected === false, 'the client is still there');
  });
}

/** Keep-alives of each protocol's framing. */
const keepAlives = (answer: string): number => answer.match(/: waiting\n|^ +/g)?.join('').length ?? 0;

async function heldStream(setting: Setting, library: Library, word: string): Promise<string> {
  const answer = library.streamed(asked(setting, `the password of ${word}`));
  answer.catch(() => undefined);
  const card = await setting.held(word);
  await eventually(() => {
    const [passed] = setting.tap.withWord(word);
    expectThat(keepAlives(passed?.answer ?? '') >= 2, 'no keep-alives came');
  });
  await approve(setting, card);
  return expectText(await answer, `password of ${word}`);
}

async function heldEdited(setting: Setting, library: Library, word: string): Promise<string> {
  const answer = library.whole(asked(setting, `the password of ${word}`));
  answer.catch(() => undefined);
  const card = await setting.held(word);
  const pointer = card.matches[0]?.pointer ?? '';
  await edit(setting, card, { edits: [{ op: 'replace', pointer, value: `the colour of ${word}` }] });
  return `${expectText(await answer, `You said: the colour of ${word}`)} as edited`;
}

async function heldRejected(setting: Setting, library: Library, word: string): Promise<string> {
  const raised = caught(library.whole(asked(setting, `the password of ${word}`)));
  await vote(setting.world, 'alice', await setting.held(word), 'reject', `not ${word}`);
  const error = await raised;
  expectThat(raisedOf(error).text.includes(`not ${word}`), 'the reason is missing');
  return expectRaised(error, 'approval.rejected', `not ${word}`);
}

async function answerRedacted(setting: Setting, library: Library, word: string): Promise<string> {
  const answer = library.whole(asked(setting, `negotiations of ${word}`));
  answer.catch(() => undefined);
  await edit(setting, await setting.held(word), { redactions: [{ text: 'nine million' }] });
  return `${expectText(await answer, `${word}) costs [REDACTED].`)}, redacted`;
}

async function comesBack(setting: Setting, library: Library, word: string): Promise<string> {
  const { tap } = setting;
  const text = `the password of ${word}`;
  const control = new AbortController();
  const first = library.resendsAfterTimeout
    ? library.whole(asked(setting, text, { timeoutMs: 4000, retries: 5 }))
    : library.whole(asked(setting, text, { signal: control.signal }));
  first.catch(() => undefined);
  const card = await setting.held(word);
  await indexed(setting, card);
  if (!library.resendsAfterTimeout) {
    control.abort(new Error('the program gave up'));
    await disconnected(setting, card);
  }
  const again = library.resendsAfterTimeout ? first : library.whole(asked(setting, text));
  again.catch(() => undefined);
  await tap.untilSent(word, 2);
  await approve(setting, card);
  expectText(await again, word);
  expectThat((await setting.cards(word)) === 1, 'people were asked more than once');
  return library.resendsAfterTimeout ? 'answered, sent again by itself' : 'answered when called again';
}

async function toolCall(setting: Setting, library: Library, word: string): Promise<string> {
  const call = await library.tool(asked(setting, `the weather of ${word}`));
  expectThat(
    JSON.stringify(call) === '{"name":"weather","arguments":{"place":"Ghent"}}',
    JSON.stringify(call),
  );
  return 'tool called';
}

async function abortStream(setting: Setting, library: Library, word: string): Promise<string> {
  const before = await cancelledCalls(setting);
  const control = new AbortController();
  const reading = library.streamed(asked(setting, `a story of ${word}`, { signal: control.signal }), () =>
    control.abort(),
  );
  const text = await reading.catch(() => '');
  expectThat(!text.includes('the end.'), 'the whole story came');
  await eventually(async () => expectThat((await cancelledCalls(setting)) > before, 'the call goes on'));
  return "the model's call ends";
}

async function cancelledCalls({ world }: Setting): Promise<number> {
  const metrics = await (await fetch(`${world.urlOf('masking')}/metrics`)).text();
  return Number(/sallyport_model_calls_total\{[^}]*result="cancelled"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

async function tokenExpired(setting: Setting, library: Library, word: string): Promise<string> {
  const text = `the password of ${word}`;
  const control = new AbortController();
  const first = library.whole(asked(setting, text, { signal: control.signal }));
  first.catch(() => undefined);
  await indexed(setting, await setting.held(word));
  control.abort(new Error('the program gave up'));
  const token = await setting.world.tokens.expired('carol');
  const error = await caught(library.whole(asked(setting, text, { token })));
  return expectRaised(error, 'token.expired_while_pending', 'access token expired while people decide');
}

/** How long a call that isn't streamed goes on waiting without its program noticing anything. */
async function waitsFor(setting: Setting, library: Library, word: string): Promise<string> {
  const { defaultRetries } = library;
  const text = `the password of ${word}`;
  const retries = defaultRetries === undefined ? {} : { retries: 1 };
  const headers = { 'x-sallyport-max-wait': '1' };
  const error = await caught(library.whole(asked(setting, text, { headers, ...retries })));
  expectRaised(error, 'approval.pending', 'People have not decided yet');
  const passed = setting.tap.withWord(word);
  const sent = passed.length;
  expectThat(retries.retries === undefined || sent === 2, `sent ${sent} times`);
  const { 'x-sallyport-max-wait': _, ...own } = passed[0]?.headers ?? {};
  const eachMs = patienceMs(own, undefined);
  if (eachMs === undefined) return 'until the approval expires';
  const times = defaultRetries === undefined ? sent : defaultRetries + 1;
  return times === 1 ? `${eachMs / 1000} s` : `${times} × ${eachMs / 1000} s`;
}

/** The columns, in order. */
export const checks: readonly Check[] = [
  {
    title: 'allowed',
    meaning: 'no rule holds it',
    run: async (setting, library, word) =>
      expectText(await library.whole(asked(setting, `hello ${word}`)), `You said: hello ${word}`),
  },
  {
    title: 'allowed stream',
    meaning: 'the same, streamed',
    run: async (setting, library, word) =>
      expectText(await library.streamed(asked(setting, `hello ${word}`)), `You said: hello ${word}`),
  },
  {
    title: 'denied',
    meaning: 'a rule denies it',
    run: async (setting, library, word) =>
      expectRaised(
        await caught(library.whole(asked(setting, `forbidden ${word}`))),
        'policy.denied',
        'forbidden',
      ),
  },
  {
    title: 'held → approved',
    meaning: 'people let it through',
    run: async (setting, library, word) => {
      const answer = library.whole(asked(setting, `the password of ${word}`));
      answer.catch(() => undefined);
      await approve(setting, await setting.held(word));
      return expectText(await answer, `password of ${word}`);
    },
  },
  {
    title: 'held stream → approved',
    meaning: 'the same, streamed, after at least two keep-alives',
    run: heldStream,
  },
  { title: 'held → edited', meaning: 'people change it and let it through', run: heldEdited },
  { title: 'held → rejected', meaning: 'people reject it with a reason', run: heldRejected },
  {
    title: 'held → expired',
    meaning: 'nobody decides in time',
    run: async (setting, library, word) =>
      expectRaised(
        await caught(library.whole(asked(setting, `shortly ${word}`))),
        'approval.expired',
        'in time',
      ),
  },
  { title: 'answer held → redacted', meaning: 'people take a text out of the answer', run: answerRedacted },
  {
    title: 'client time-out → attached again',
    meaning: 'the client gives up while people decide and sends the same again: one approval, one answer',
    run: comesBack,
  },
  { title: 'tool call', meaning: 'the model calls a tool', run: toolCall },
  { title: 'abort mid-stream', meaning: 'the program stops reading', oneByOne: true, run: abortStream },
  {
    title: 'token expired while parked',
    meaning: 'the client comes back with a token that is over',
    run: tokenExpired,
  },
  {
    title: 'waits transparently for',
    meaning:
      "a call that is not streamed, with the library's own settings: how often it is sent × how long each waits in silence",
    run: waitsFor,
  },
];
