import { describe, expect, test } from '@jest/globals';
import type { ApprovalDetail } from '#contracts';
import { eventually } from '#testing';
import { approvalApi, vote } from '../../journeys/people.ts';
import { type Spoken, spoken } from './spoken.ts';
import { all, each, held, refusal, send, statusOf, streamed, upstream, world } from './wire-world.ts';

describe('while its client waits, in every protocol', () => {
  test('a held stream has its headers and keep-alives while people decide, then the stream of the model byte for byte', async () => {
    const got = await each(streamed, async (of, word) => {
      const answer = await send(of, `password ${word}`, { stream: true }).answer;
      const { type, bytes, keepAlive } = of.stream as NonNullable<Spoken['stream']>;
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      let text = '';
      const read = async (): Promise<boolean> => {
        const { done, value } = await reader.read();
        text += decoder.decode(value, { stream: !done });
        return !done;
      };
      while (text.length < 3 * keepAlive.length) await read();
      await vote(world, 'alice', await held(word), 'approve');
      while (await read());
      const beats = text.slice(0, text.length - bytes.length);
      const { headers, status } = answer;
      return {
        status,
        type: headers.get('content-type')?.startsWith(type),
        cache: headers.get('cache-control'),
        buffering: headers.get('x-accel-buffering'),
        stream: text.endsWith(bytes),
        beats: beats === keepAlive.repeat(beats.length / keepAlive.length),
      };
    });
    const good = { status: 200, type: true, cache: 'no-cache, no-transform', buffering: 'no' };
    expect(got).toEqual(all(streamed, { ...good, stream: true, beats: true }));
  }, 60_000);

  test('a held stream that people reject ends with an error event', async () => {
    const got = await each(streamed, async (of, word) => {
      const answer = await send(of, `password ${word}`, { stream: true }).answer;
      await vote(world, 'alice', await held(word), 'reject', `no ${word}`);
      const error = of.readError(await answer.text());
      return { code: error.code, hasReason: String(error.message).includes(`no ${word}`) };
    });
    expect(got).toEqual(all(streamed, { code: 'approval.rejected', hasReason: true }));
  }, 60_000);

  test('an edited call says so, and what was changed is for its caller to see', async () => {
    const got = await each(spoken, async (of, word) => {
      const call = send(of, `password ${word}`);
      const card = await held(word);
      const pointer = card.matches[0]?.pointer ?? '';
      const { digest, version } = card;
      const edits = [{ op: 'replace', pointer, value: `colour ${word}` }];
      const edit = { digest, version, approve: true, edits };
      await approvalApi(world, 'alice', `/v1/approvals/${card.id}/edits`, edit);
      const answer = await call.answer;
      const { edit: shown } = (await (await statusOf(card)).json()) as { edit?: object };
      return {
        edited: answer.headers.get('x-sallyport-edited'),
        same: (await answer.text()) === of.whole,
        shown: JSON.stringify(shown).includes(`colour ${word}`),
      };
    });
    expect(got).toEqual(all(spoken, { edited: 'true', same: true, shown: true }));
  }, 60_000);

  test('a call that nobody decides in time is 403, never sent again by an SDK', async () => {
    const got = await each(spoken, async (of, word) => refusal(of, await send(of, `shortly ${word}`).answer));
    expect(got).toEqual(all(spoken, { status: 403, code: 'approval.expired', retry: 'false', hasIds: true }));
  }, 60_000);

  test('two equal calls that both wait are two requests on one card', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const [one, two] = [send(of, `password ${word}`), send(of, `password ${word}`)];
      const { id } = await held(word);
      const card = await eventually(async () => {
        const { body } = await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`);
        expect(body.count).toBe(2);
        return body;
      });
      await vote(world, 'alice', card, 'approve');
      const answers = await Promise.all([one, two].map(async ({ answer }) => (await answer).text()));
      return answers.every((text) => text === of.whole);
    });
    expect(got).toEqual(all(spoken, true));
    expect(upstream.calls()).toBe(calls + 2 * spoken.length);
  }, 60_000);
});
