import { LLMock } from '@copilotkit/aimock';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { approvalApi } from '../../journeys/people.ts';
import { openTap, type Tap } from './tap.ts';
import { startTextServer } from './text-server.ts';

const protocols = 'openai-chat, openai-completions, openai-embeddings, openai-responses, anthropic, ollama';

/** Chosen by its path only: the other one comes first. */
const llamaConnection = (baseUrl: string): string => `
  real-model:
    baseUrl: "${baseUrl}"
    credential: { kind: bearer, secret: "\${file:model-credential}" }
    models: [demo]
`;

const policy = (issuer: string, mock: string, texts: string, llama: string): string => `
version: 1
roles: { approver: [security] }
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
ingress: { keepAlive: 200ms }
connections:
  mock: { baseUrl: "${mock}", models: [demo], protocols: [${protocols}], concurrency: 64 }
  texts: { baseUrl: "${texts}", models: [texts], protocols: [openai-completions, anthropic, ollama] }
${llama}
rules:
  - { name: everybody, effect: allow, mask: { answer: standard } }
  - { name: prompts-are-masked, effect: allow, prompt: { keywords: [privately] }, mask: { request: standard } }
  - { name: forbidden, effect: deny, prompt: { keywords: [forbidden] } }
  - { name: passwords, effect: hold, prompt: { keywords: [password] }, approval: { all: { security: 1 } } }
  - name: decided-in-a-second-or-not-at-all
    effect: hold
    prompt: { keywords: [shortly] }
    approval: { all: { security: 1 }, expiresIn: 1s }
  - name: mergers
    effect: allow
    prompt: { keywords: [negotiations] }
    review: { when: { keywords: [merger] } }
    approval: { all: { security: 1 } }
masking: { profiles: { standard: { packs: [core, secrets] } } }
approvals: { groups: { security: { claim: security } }, maxPendingPerPrincipal: 500 }
`;

/** Everything around the clients: the gateway, a model server that is not ours, llama.cpp, and what people see. */
export interface Setting {
  readonly world: World;
  readonly tap: Tap;
  readonly mock: LLMock;
  readonly token: string;
  /** The open approval request whose content holds a word, once it is there. */
  held(word: string): Promise<ApprovalDetail>;
  /** How many approval requests there ever were with a word. */
  cards(word: string): Promise<number>;
  stop(): Promise<void>;
}

export async function openSetting(options: { model?: boolean } = {}): Promise<Setting> {
  const [mock, texts] = await Promise.all([startMock(), startTextServer()]);
  const world = await startWorld({
    model: options.model === true,
    config: ({ issuer, upstream }) =>
      policy(issuer, mock.url, texts.url, options.model === true ? llamaConnection(upstream) : ''),
  });
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
  const tap = await openTap(world.urlOf('ingress'));
  const details = new Map<string, ApprovalDetail>();
  const read = async (): Promise<void> => {
    const { body } = await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals?sort=newest&limit=200');
    for (const { id } of body.items) {
      if (!details.has(id)) {
        details.set(id, (await approvalApi<ApprovalDetail>(world, 'alice', `/v1/approvals/${id}`)).body);
      }
    }
  };
  const withWord = (word: string) =>
    [...details.values()].filter((card) => JSON.stringify(card).includes(word));
  return {
    world,
    tap,
    mock,
    token: await world.tokenFor('carol'),
    held: (word) =>
      eventually(
        async () => {
          await read();
          const [card] = withWord(word);
          if (!card) throw new Error(`nothing held with ${word}`);
          return card;
        },
        { timeoutMs: 30_000, everyMs: 100 },
      ),
    cards: async (word) => {
      await read();
      return withWord(word).length;
    },
    stop: async () => {
      await tap.stop();
      await world.stop();
      await mock.stop();
      await texts.stop();
    },
  };
}

/** A model server that says what it was asked, tells a long story slowly, and wants to know about the weather. */
async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  const asks = (word: string) => ({ userMessage: new RegExp(word) });
  const story = `Once upon a time ${'there was a gateway and '.repeat(40)}the end.`;
  mock.on(asks('story'), { content: story }, { latency: 50, chunkSize: 10 });
  mock.on(asks('weather'), { toolCalls: [{ name: 'weather', arguments: '{"place":"Ghent"}' }] });
  mock.on(asks('negotiations'), (request) => ({
    content: `The merger (${lastText(request)}) costs nine million.`,
  }));
  mock.onEmbedding(/.*/, { embedding: [0.1, 0.2, 0.3] });
  mock.on({ predicate: () => true }, (request) => ({ content: `You said: ${lastText(request)}` }));
  await mock.start();
  return mock;
}

function lastText({ messages }: { messages: readonly { role: string; content: unknown }[] }): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((part: { text?: string }) => part.text ?? '').join('') : '';
}
