import { expect, test } from '@jest/globals';
import { ChangeFeed, type FeedEvent } from '../../../services/approval/listing/change-feed.ts';

const reader = { principal: {} as never, roles: ['auditor' as const], groups: [] };
const feedOf = () => new ChangeFeed({} as never);
const inAnHour = Date.now() + 3_600_000;
/** More than may follow at once. */
const many = 1001;

/** What the database tells the feed. */
const told = (feed: ChangeFeed, payload: string) =>
  (feed as unknown as { take(text: string): void }).take(payload);

test('who asks for changes and leaves before they follow takes no place', () => {
  const feed = feedOf();
  for (let n = 0; n < many; n++) feed.events(reader, inAnHour);
  const following = feed.events(reader, inAnHour).subscribe();
  expect(following.closed).toBe(false);
  following.unsubscribe();
});

test('a thousand may follow, and who stops makes room', () => {
  const feed = feedOf();
  const errors: unknown[] = [];
  const follow = () => feed.events(reader, inAnHour).subscribe({ error: (error) => errors.push(error) });
  const following = Array.from({ length: many }, follow);
  expect(errors).toMatchObject([{ code: 'service.overloaded' }]);
  following[0]?.unsubscribe();
  const another = follow();
  expect({ errors: errors.length, closed: another.closed }).toEqual({ errors: 1, closed: false });
  for (const each of [...following, another]) each.unsubscribe();
});

test('what is said on the channel and is no change is passed over', () => {
  const feed = feedOf();
  const heard: FeedEvent[] = [];
  const following = feed.events(reader, inAnHour).subscribe((event) => heard.push(event));
  const change = { id: 'req-1', state: 'pending', version: 1, groups: ['security'] };
  for (const text of ['', 'no JSON', '{"id":', '[]', JSON.stringify(change)]) told(feed, text);
  expect(heard).toEqual([{ type: 'changed', data: { id: 'req-1', state: 'pending', version: 1 } }]);
  following.unsubscribe();
});
