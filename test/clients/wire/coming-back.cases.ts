import { describe, expect, test } from '@jest/globals';
import { vote } from '../../journeys/people.ts';
import { type Spoken, spoken } from './spoken.ts';
import {
  all,
  attached,
  cards,
  each,
  held,
  refusal,
  says,
  send,
  statusOf,
  streamed,
  upstream,
  world,
} from './wire-world.ts';

describe('where its client leaves and comes back, in every protocol', () => {
  test('a call whose patience ends gets 503 with where to look; sent again it goes on, asks nobody anew and runs once', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = await send(of, text, { headers: { 'x-sallyport-max-wait': '1' } }).answer;
      const copy = first.clone();
      const error = of.readError(await copy.text());
      const card = await held(word);
      const told = {
        ...(await refusal(of, first)),
        after: first.headers.get('retry-after-ms'),
        id: error.approval_id === card.requestId,
        url: String(error.status_url).endsWith(card.requestId),
        expires: Number.isFinite(Date.parse(String(error.expires_at))),
        approvers: error.approvers,
      };
      await says(card, { connected: false });
      const again = send(of, text);
      await says(card, { connected: true });
      await vote(world, 'alice', card, 'approve');
      const answer = await again.answer;
      return {
        ...told,
        replayed: answer.headers.get('x-sallyport-replayed'),
        same: (await answer.text()) === of.whole,
        asked: (await cards(word)).length,
        attached: await attached(card),
      };
    });
    const told = { status: 503, code: 'approval.pending', retry: 'true', hasIds: true, after: '500' };
    const where = { id: true, url: true, expires: true, approvers: ['security'] };
    expect(got).toEqual(
      all(spoken, { ...told, ...where, replayed: 'true', same: true, asked: 1, attached: ['resend'] }),
    );
    expect(upstream.calls()).toBe(calls + spoken.length);
  }, 60_000);

  test('a client that left finds its answer when it asks the same again, once', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = send(of, text);
      const card = await held(word);
      await says(card, { connected: true });
      first.leave();
      await says(card, { connected: false });
      await vote(world, 'alice', card, 'approve');
      await says(card, { status: 'completed' });
      const stored = await statusOf(card, '/response');
      const again = await send(of, text).answer;
      return {
        stored: (await stored.text()) === of.whole,
        replayed: again.headers.get('x-sallyport-replayed'),
        same: (await again.text()) === of.whole,
        attached: await attached(card),
      };
    });
    const once = { stored: true, replayed: 'true', same: true, attached: ['pickup'] };
    expect(got).toEqual(all(spoken, once));
    expect(upstream.calls()).toBe(calls + spoken.length);
  }, 60_000);

  test('a client that leaves in the moment of its release finds its answer, and the model is asked once', async () => {
    const calls = upstream.calls();
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = send(of, text);
      const card = await held(word);
      await says(card, { connected: true });
      const voted = vote(world, 'alice', card, 'approve');
      first.leave();
      await voted;
      const again = await send(of, text).answer;
      return (await again.text()) === of.whole;
    });
    expect(got).toEqual(all(spoken, true));
    expect(upstream.calls()).toBe(calls + spoken.length);
  }, 60_000);

  test('a rejected call that is sent again gets the same 403, with who decided of what, and asks nobody', async () => {
    const got = await each(spoken, async (of, word) => {
      const text = `password ${word}`;
      const first = send(of, text);
      const card = await held(word);
      await says(card, { connected: true });
      await vote(world, 'alice', card, 'reject', `never ${word}`);
      const one = await first.answer;
      await says(card, { status: 'completed', connected: false });
      const two = await send(of, text).answer;
      const [before, after] = [
        of.readError(await one.clone().text()),
        of.readError(await two.clone().text()),
      ];
      return {
        one: await refusal(of, one),
        two: await refusal(of, two),
        reason: String(after.message).includes(`never ${word}`) && after.message === before.message,
        id: before.approval_id === card.requestId && after.approval_id === card.requestId,
        approvers: [before.approvers, after.approvers],
        asked: (await cards(word)).length,
      };
    });
    const no = { status: 403, code: 'approval.rejected', retry: 'false', hasIds: true };
    const approvers = [['security'], ['security']];
    expect(got).toEqual(all(spoken, { one: no, two: no, reason: true, id: true, approvers, asked: 1 }));
  }, 60_000);

  test('Prefer: respond-async gets 202 with where the answer will be', async () => {
    const got = await each(spoken, async (of, word) => {
      const headers = { prefer: 'respond-async' };
      const accepted = await send(of, `password ${word}`, { headers }).answer;
      const card = await held(word);
      await vote(world, 'alice', card, 'approve');
      await says(card, { status: 'completed' });
      return {
        status: accepted.status,
        applied: accepted.headers.get('preference-applied'),
        location: accepted.headers.get('location')?.endsWith(`/v1/requests/${card.requestId}`),
        same: (await (await statusOf(card, '/response')).text()) === of.whole,
      };
    });
    expect(got).toEqual(all(spoken, { status: 202, applied: 'respond-async', location: true, same: true }));
  }, 60_000);

  test('a stream that is picked up later looks as it would have looked', async () => {
    const got = await each(streamed, async (of, word) => {
      const headers = { prefer: 'respond-async' };
      await send(of, `password ${word}`, { stream: true, headers }).answer;
      const card = await held(word);
      await vote(world, 'alice', card, 'approve');
      await says(card, { status: 'completed' });
      const answer = await statusOf(card, '/response');
      const { type, bytes } = of.stream as NonNullable<Spoken['stream']>;
      const sameType = answer.headers.get('content-type')?.startsWith(type);
      return { sameType, same: (await answer.text()) === bytes };
    });
    expect(got).toEqual(all(streamed, { sameType: true, same: true }));
  }, 60_000);

  test('an idempotency key with another body is 422; a token that is over while people decide is 401 and says so', async () => {
    const expired = await world.tokens.expired('carol');
    const got = await each(spoken, async (of, word) => {
      const key = { 'idempotency-key': word };
      const first = send(of, `password ${word}`, { headers: key });
      const card = await held(word);
      await says(card, { connected: true });
      const other = await send(of, `password ${word} too`, { headers: key }).answer;
      first.leave();
      const headers = { ...key, authorization: `Bearer ${expired}` };
      const late = await send(of, `password ${word}`, { headers }).answer;
      return { other: await refusal(of, other), late: await refusal(of, late) };
    });
    const no = { retry: 'false', hasIds: true };
    const other = { status: 422, code: 'request.idempotency_mismatch', ...no };
    const late = { status: 401, code: 'token.expired_while_pending', ...no };
    expect(got).toEqual(all(spoken, { other, late }));
  }, 60_000);
});
