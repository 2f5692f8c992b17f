import OpenAI from 'openai';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import { eventually, type World } from '#testing';

/** The unmodified openai client with a token of one of the seeded people. */
export async function clientOf(world: World, user: string, options: object = {}): Promise<OpenAI> {
  const apiKey = await world.tokenFor(user);
  return new OpenAI({ apiKey, baseURL: `${world.urlOf('ingress')}/v1`, ...options });
}

/** A chat request with one message. */
export const chat = (content: string) => ({
  model: 'demo',
  messages: [{ role: 'user' as const, content }],
});

/** The text of a streamed answer. */
export async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const event of stream) text += event.choices[0]?.delta.content ?? '';
  return text;
}

/** Calls the approval service's REST API as somebody. */
export async function approvalApi<T>(
  world: World,
  user: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: T }> {
  const response = await fetch(`${world.urlOf('approval')}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${await world.tokenFor(user)}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

/** The open approval request whose content holds a word, once it is there. */
export function heldWith(world: World, word: string): Promise<ApprovalDetail> {
  return eventually(
    async () => {
      const { body } = await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals');
      for (const { id, state } of body.items) {
        const detail = await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`);
        if (state === 'pending' && JSON.stringify(detail.body).includes(word)) return detail.body;
      }
      throw new Error(`nothing held with ${word}`);
    },
    { timeoutMs: 30_000 },
  );
}

/** Votes on what was shown. */
export function vote(
  world: World,
  user: string,
  { id, digest, version }: ApprovalDetail,
  choice: 'approve' | 'reject',
  reason?: string,
) {
  const body = { vote: choice, digest, version, ...(reason && { reason }) };
  return approvalApi<ApprovalDetail>(world, user, `/v1/approvals/${id}/votes`, body);
}
