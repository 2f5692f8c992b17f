import { type ApprovalWorld, startApprovalWorld } from '../approval-world.ts';

const rules = [
  { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
  { name: 'one', prompt: { keywords: ['password'] }, effect: 'hold', approval: { all: { security: 1 } } },
  {
    name: 'two',
    prompt: { keywords: ['twofold'] },
    effect: 'hold',
    approval: { all: { security: 2 }, denyThreshold: 2 },
  },
  {
    name: 'short',
    prompt: { keywords: ['hurry'] },
    effect: 'hold',
    approval: { all: { security: 1 }, expiresIn: '2s' },
  },
];

/** The one world of all cases of this folder. */
export let world: ApprovalWorld;

export async function openWorld(): Promise<void> {
  world = await startApprovalWorld({ rules });
}

export async function closeWorld(): Promise<void> {
  await world?.database.end().catch(() => undefined);
  await world?.stop();
}

export const slow = { timeoutMs: 30_000 };

/** Ends approval without a chance to tidy up, and starts it again. */
export async function restart(): Promise<void> {
  await world.service('approval').kill();
  await world.startService('approval');
}
