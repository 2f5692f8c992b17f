import type { ApprovalDetail, ApprovalList } from '#contracts';
import { eventually } from '#testing';
import type { Setting } from './setting.ts';

/** What a call was answered. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

type Called = 'ingress' | 'approval' | 'audit';

/** Calls a service as a person. The body is parsed where it is JSON. */
export async function call<T>(
  setting: Setting,
  [user, service, path]: readonly [user: string, service: Called, path: string],
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(`${setting.urlOf(service)}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${await setting.tokenFor(user)}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    body: (isJson ? JSON.parse(text) : text) as T,
    headers: response.headers,
  };
}

/** As `call`, and throws where the answer is none of these. */
export async function expectCall<T>(
  setting: Setting,
  where: readonly [user: string, service: Called, path: string],
  body?: object,
  statuses: readonly number[] = [200, 201, 202],
): Promise<T> {
  const answer = await call<T>(setting, where, body);
  if (statuses.includes(answer.status)) return answer.body;
  throw new Error(
    `${where[1]}${where[2]} answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`,
  );
}

/** The body of a chat request. */
export const chat = (content: string) => ({ model: 'demo', messages: [{ role: 'user', content }] });

/** The open approval request whose content holds a word, once it is there. Approvers see it masked: she has it revealed. */
export function heldWith(setting: Setting, word: string): Promise<ApprovalDetail> {
  const contents = new Map<string, string>();
  return eventually(
    async () => {
      const path = '/v1/approvals?requester=carol&sort=newest';
      const { items } = await expectCall<ApprovalList>(setting, ['alice', 'approval', path]);
      for (const { id, state } of items) {
        if (state !== 'pending') continue;
        const content = contents.get(id) ?? (await revealed(setting, id));
        contents.set(id, content);
        if (content.includes(word)) return expectCall(setting, ['alice', 'approval', `/v1/approvals/${id}`]);
      }
      throw new Error('the prompt was not held: is the shipped sallyport.yaml in force?');
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}

async function revealed(setting: Setting, id: string): Promise<string> {
  const path = `/v1/approvals/${id}/reveal`;
  return JSON.stringify(await expectCall(setting, ['alice', 'approval', path], { reason: 'to find it' }));
}

/** Alice votes on what she was shown. */
export function vote(
  setting: Setting,
  { id, digest, version }: ApprovalDetail,
  choice: 'approve' | 'reject',
  reason: string,
): Promise<unknown> {
  const body = { vote: choice, digest, version, reason };
  return expectCall(setting, ['alice', 'approval', `/v1/approvals/${id}/votes`], body);
}
