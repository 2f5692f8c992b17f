import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from '#testing';
import { approvalApi, chat, clientOf, heldWith, textOf, vote } from './people.ts';

let world: World;

const policy = (issuer: string, upstream: string): string => `
version: 1
roles: { approver: [security] }
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
connections:
  demo: { baseUrl: "${upstream}", models: [demo] }
rules:
  - name: answers-about-mergers-are-looked-at
    match: { groups: [contractors] }
    effect: allow
    mask: { answer: standard }
    review: { when: { keywords: [merger] } }
    approval: { all: { security: 1 } }
  - name: takeovers-are-looked-at-quickly
    match: { groups: [platform] }
    effect: allow
    mask: { answer: standard }
    review: { when: { keywords: [takeover] } }
    approval: { all: { security: 1 }, expiresIn: 2s }
masking: { profiles: { standard: { packs: [core, secrets] } } }
approvals: { groups: { security: { claim: security } } }
`;

beforeAll(async () => {
  world = await startWorld({ config: ({ issuer, upstream }) => policy(issuer, upstream) });
  await world.startServices(['policy', 'ingress', 'approval', 'masking']);
}, 60_000);
afterAll(() => world.stop());

/** Asks with the openai client; resolves with the answer's text. */
async function ask(content: string, stream: boolean, user = 'carol'): Promise<string> {
  const client = await clientOf(world, user, { maxRetries: 0 });
  if (stream) return textOf(await client.chat.completions.create({ ...chat(content), stream: true }));
  const answer = await client.chat.completions.create(chat(content));
  return answer.choices[0]?.message.content ?? '';
}

describe.each([
  ['streamed', true],
  ['not streamed', false],
])('an answer that rules want looked at, %s', (name, stream) => {
  const word = (what: string) => `${what}${stream ? 'stream' : 'whole'}`;

  test('comes at once where the conditions ask for nobody', async () => {
    world.upstream.answer({ pieces: ['Nothing ', 'special.'] });
    expect(await ask(`harmless ${name}`, stream)).toBe('Nothing special.');
  });

  test('waits for people, masked, and reaches its caller after one call of the model', async () => {
    const calls = world.upstream.calls();
    world.upstream.answer({ pieces: ['The merg', `er ${word('alder')}: ask jane.doe@exam`, 'ple.com.'] });
    const answer = ask(`first ${name}`, stream);
    const held = await heldWith(world, word('alder'));
    expect(JSON.stringify(held)).not.toContain('jane.doe');
    expect(held.matches.length).toBeGreaterThan(0);
    expect((await vote(world, 'alice', held, 'approve')).status).toBe(200);
    expect(await answer).toMatch(/^The merger \w+: ask \S+\.$/);
    expect(world.upstream.calls()).toBe(calls + 1);
  });

  test('comes redacted as people left it', async () => {
    world.upstream.answer({ pieces: ['The merger ', `${word('birch')} costs `, 'nine million.'] });
    const answer = ask(`second ${name}`, stream);
    const { id, digest, version } = await heldWith(world, word('birch'));
    const redactions = [{ text: 'nine million' }];
    const edited = await approvalApi(world, 'alice', `/v1/approvals/${id}/edits`, {
      digest,
      version,
      redactions,
      approve: true,
    });
    expect(edited.status).toBe(200);
    expect(await answer).toBe(`The merger ${word('birch')} costs [REDACTED].`);
  });

  test('is refused with the reason where people reject it', async () => {
    world.upstream.answer({ pieces: ['The merger ', word('cedar')] });
    const answer = ask(`third ${name}`, stream).catch((error: unknown) => error);
    await vote(world, 'alice', await heldWith(world, word('cedar')), 'reject', 'not yet public');
    expect(await answer).toMatchObject({ code: 'approval.rejected' });
    expect(String(((await answer) as Error).message)).toContain('not yet public');
  });

  test('is refused as expired where nobody looks in time, after one call of the model', async () => {
    const calls = world.upstream.calls();
    world.upstream.answer({ pieces: ['The takeover ', word('daphne')] });
    const refused = await ask(`fourth ${name}`, stream, 'dave').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'approval.expired' });
    expect(JSON.stringify(refused)).not.toContain('daphne');
    expect(world.upstream.calls()).toBe(calls + 1);
  });
});
