import type OpenAI from 'openai';
import { eventually, type World } from '#testing';
import { countRow, type Row } from './journey-row.ts';
import { approvalApi, chat, clientOf, heldWith, textOf, vote } from './people.ts';

interface Way {
  name: string;
  /** Asks, loses the connection, and comes back; resolves with the text of the answer. */
  go(world: World, content: string, approve: () => Promise<void>): Promise<string>;
}

const textIn = (answer: OpenAI.ChatCompletion): string => answer.choices[0]?.message.content ?? '';

async function completed(world: World, content: string): Promise<void> {
  const word = content.split(' ').at(-1) ?? '';
  await eventually(
    async () => {
      const { body } = await approvalApi<{ items: { id: string }[] }>(
        world,
        'alice',
        '/v1/approvals?state=done&sort=newest&limit=5',
      );
      for (const { id } of body.items) {
        const one = await approvalApi(world, 'alice', `/v1/approvals/${id}`);
        if (JSON.stringify(one.body).includes(word)) return;
      }
      throw new Error('not done yet');
    },
    { timeoutMs: 60_000 },
  );
}

/** How clients lose their connection and come back, each with the unmodified openai client. */
export const ways: readonly Way[] = [
  {
    name: 'patience ends, the client tries again by itself',
    go: async (world, content, approve) => {
      const defaultHeaders = { 'x-sallyport-max-wait': '1' };
      const client = await clientOf(world, 'carol', { maxRetries: 100, defaultHeaders });
      const answer = client.chat.completions.create(chat(content));
      await approve();
      return textIn(await answer);
    },
  },
  {
    name: 'goes away, comes back after the answer',
    go: async (world, content, approve) => {
      const client = await clientOf(world, 'carol', { maxRetries: 0 });
      const abort = new AbortController();
      const lost = client.chat.completions.create(chat(content), { signal: abort.signal });
      lost.catch(() => undefined);
      await heldWith(world, content.split(' ').at(-1) ?? '');
      abort.abort();
      await approve();
      await completed(world, content);
      return textIn(await client.chat.completions.create(chat(content)));
    },
  },
  {
    name: 'a stream goes away, comes back as a stream',
    go: async (world, content, approve) => {
      const client = await clientOf(world, 'carol', { maxRetries: 0 });
      const asked = { ...chat(content), stream: true as const };
      const lost = await client.chat.completions.create(asked);
      await heldWith(world, content.split(' ').at(-1) ?? '');
      lost.controller.abort();
      const again = client.chat.completions.create(asked);
      await approve();
      return textOf(await again);
    },
  },
  {
    name: 'ingress dies and starts again',
    go: async (world, content, approve) => {
      const client = await clientOf(world, 'carol', { maxRetries: 20 });
      const answer = client.chat.completions.create(chat(content));
      answer.catch(() => undefined);
      await heldWith(world, content.split(' ').at(-1) ?? '');
      await world.service('ingress').kill();
      await world.startService('ingress');
      await approve();
      return textIn(await answer);
    },
  },
];

/** Goes one way; the request must be decided once and run once. */
export async function reattach(world: World, way: Way): Promise<Row> {
  const startedAt = Date.now();
  const word = `reattach-${ways.indexOf(way)}-${startedAt}`;
  world.upstream.answer(`after ${word}`);
  const before = world.upstream.calls();
  let requestId = '';
  const text = await way.go(world, `password ${word}`, async () => {
    const held = await heldWith(world, word);
    ({ requestId } = held);
    const { status } = await vote(world, 'alice', held, 'approve');
    if (status !== 200) throw new Error(`the vote got ${status}`);
  });
  const modelCalls = world.upstream.calls() - before;
  const row = await countRow(world, { what: way.name, requestId, modelCalls, allowedCalls: 1, startedAt });
  return { ...row, ok: row.ok && text === `after ${word}` };
}
