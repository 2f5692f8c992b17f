import type { ApprovalDetail, ApprovalList, ErasureView, SessionDetail } from '#contracts';
import { eventually } from '#testing';
import { call, chat, expectCall, vote } from './people.ts';
import type { Probe } from './probes.ts';
import type { Setting } from './setting.ts';
import type { Typed } from './type-markers.ts';

const clearedWithinMs = 20_000;

/** What a service says about an erased person's content. */
export interface Finding {
  readonly where: string;
  readonly said: string;
  readonly isGone: boolean;
}

/** Erin asks that carol is forgotten, alice agrees. Gives the certificate once it is carried out. */
export async function forgetCarol(setting: Setting): Promise<string> {
  const reason = { subject: 'carol', reason: 'npm run check:erasure' };
  const asked = await expectCall<ErasureView>(setting, ['erin', 'audit', '/v1/erasures'], reason);
  const card = await eventually(() =>
    expectCall<ApprovalDetail>(setting, ['alice', 'approval', `/v1/approvals/${asked.approval}`]),
  );
  await warmUp(setting);
  await vote(setting, card, 'approve', 'checked');
  return eventually(
    async () => {
      const view = await expectCall<ErasureView>(setting, ['erin', 'audit', `/v1/erasures/${asked.id}`]);
      if (view.certificate === null) throw new Error(`the erasure is ${view.state}`);
      return view.certificate;
    },
    { timeoutMs: 60_000, everyMs: 50 },
  );
}

/** Every service uses carol's data key once more, so that each has it in its cache when it is destroyed. */
async function warmUp(setting: Setting): Promise<void> {
  await expectCall(setting, ['carol', 'ingress', '/v1/chat/completions'], chat('hello again'));
  const path = '/v1/approvals?requester=carol&sort=newest&state=all&limit=1';
  const { items } = await expectCall<{ items: { id: string }[] }>(setting, ['alice', 'approval', path]);
  for (const { id } of items) await expectCall(setting, ['alice', 'approval', `/v1/approvals/${id}`]);
  await expectCall(setting, ['alice', 'audit', '/v1/sessions?user=carol&limit=1']);
}

/**
 * Asks each service for what it could open a moment ago. A service that still held the data key would open it: caches
 * drop it when they hear of the erasure, and in any case `dataKeyCacheMs` after they asked for it.
 */
export async function askEverywhere(
  setting: Setting,
  { edited, background, word }: Typed,
  probes: readonly Probe[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (where: string, said: string, isGone: boolean) => void findings.push({ where, said, isGone });
  for (const probe of probes) {
    const code = await probe.send();
    add(`${probe.service}: content sealed before`, code, code === 'content.erased');
  }
  const answer = await call<object>(setting, ['carol', 'ingress', `/v1/requests/${edited}/response`]);
  add('ingress: an answer to pick up', `${answer.status}`, answer.status === 410);
  if (background !== '') {
    const again = await call<{ status?: string }>(setting, [
      'carol',
      'ingress',
      `/v1/responses/${background}`,
    ]);
    const text = JSON.stringify(again.body);
    add(
      'ingress: a response in the background',
      `${again.status} ${again.body.status ?? ''}`,
      !/You said|output_text/.test(text),
    );
  }
  const card = await expectCall<ApprovalDetail>(setting, ['alice', 'approval', `/v1/approvals/${edited}`]);
  add('approval: what was shown', card.content.shown, card.content.shown === 'erased');
  const { said, isGone } = await whoAsked(setting, edited);
  add('approval: who asked, in lists and details', said, isGone);
  const session = await expectCall<SessionDetail>(setting, ['alice', 'audit', `/v1/sessions/${edited}`]);
  const contents = [
    ...session.versions.map(({ content }) => content),
    ...(session.answer ? [session.answer.content] : []),
  ];
  const states = contents.map(({ state }) => state).join(', ');
  add(
    'audit: what was asked and answered',
    states,
    contents.every(({ state }) => state === 'erased'),
  );
  const path = `/v1/sessions?words=${word}`;
  const found = await expectCall<{ items: unknown[] }>(setting, ['alice', 'audit', path]);
  add('audit: the word index', `${found.items.length} requests`, found.items.length === 0);
  return findings;
}

/** Whom approval names for a request: it clears its tables once it hears of the erasure, a moment after the key is gone. */
async function whoAsked(setting: Setting, id: string): Promise<{ said: string; isGone: boolean }> {
  const until = Date.now() + clearedWithinMs;
  for (;;) {
    const list = '/v1/approvals?state=all&sort=newest&limit=50';
    const { items } = await expectCall<ApprovalList>(setting, ['alice', 'approval', list]);
    const detail = await expectCall<ApprovalDetail>(setting, ['alice', 'approval', `/v1/approvals/${id}`]);
    const people = [detail, ...items].map(({ requester }) => requester);
    const actors = detail.history.flatMap(({ actor }) => (actor ? [actor] : []));
    const named = [...people, ...actors].filter(({ subject }) => subject === 'carol').length;
    const waiting = items.filter(
      ({ state, requester }) => state === 'pending' && requester.name === 'erased',
    );
    const isGone = named === 0 && waiting.length === 0;
    if (isGone || Date.now() > until) return { said: `named ${named} times`, isGone };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
