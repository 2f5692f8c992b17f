import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buckets, HeldEntry } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { chat } from '../../journeys/people.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ postgres: false });
  await world.startServices(['policy', 'ingress', 'masking']);
}, 90_000);
afterAll(() => world.stop());

const headers = async (user: string) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${await world.tokenFor(user)}`,
});
const answerOf = async (id: string, user: string) => {
  const url = `${world.urlOf('ingress')}/v1/requests/${id}/response`;
  const response = await fetch(url, { headers: await headers(user) });
  return { status: response.status, text: await response.text() };
};

/** Asks without waiting; gives the request's id once its answer is there. */
async function asked(user: string): Promise<string> {
  const response = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...(await headers(user)), prefer: 'respond-async' },
    body: JSON.stringify(chat('hello')),
  });
  const { id } = (await response.json()) as { id: string };
  await eventually(async () => {
    const { status, text } = await answerOf(id, user);
    expect([status, text]).toEqual([200, expect.stringContaining('the saffron plan')]);
  });
  return id;
}

test('whoever writes the index without ingress’s secrets is given nobody else’s answer', async () => {
  world.upstream.answer('the saffron plan');
  const [hers, his] = [await asked('carol'), await asked('dave')];
  const held = await (await world.bus('ingress')).bucket(buckets.held);
  const entryOf = async (id: string) => HeldEntry.parse((await held.get(id))?.json());
  const [carols, daves] = [await entryOf(hers), await entryOf(his)];
  const { issuer, subject, subjectKey } = daves;
  // As dave's, opened with carol's key; then with his own.
  await held.put(hers, JSON.stringify({ ...carols, issuer, subject }));
  // Entries are heard of in order.
  const later = `req-${'0'.repeat(32)}`;
  await held.put(later, JSON.stringify({ ...daves, requestId: later }));
  await eventually(async () => expect((await answerOf(later, 'dave')).status).not.toBe(404));
  expect((await answerOf(hers, 'dave')).status).toBe(404);
  await held.put(hers, JSON.stringify({ ...carols, issuer, subject, subjectKey }));
  const taken = await eventually(async () => {
    const answer = await answerOf(hers, 'dave');
    expect(answer.status).not.toBe(404);
    return answer;
  });
  expect(taken.text).not.toContain('saffron');
});
