import { type ApprovalDetail, approvalRequested } from '#contracts';
import { type ApprovalWorld, releaseOf, startApprovalWorld } from '../approval-world.ts';

/** The one world of all cases of this folder. */
export let world: ApprovalWorld;

export async function openWorld(): Promise<void> {
  world = await startApprovalWorld();
}

export async function closeWorld(): Promise<void> {
  await world?.database.end();
  await world?.stop();
}

export const release = (id: string) => releaseOf(world, id);

/** The keys under which approving a request opens its conversation. */
export const approvesOf = async (id: string): Promise<readonly string[]> => {
  const [asked] = await world.events(approvalRequested, id);
  return asked?.head.conversation.approves ?? [];
};

export const post = <T = ApprovalDetail>(user: string, id: string, verb: string, body: object) =>
  world.call<T>(user, 'POST', `/v1/approvals/${id}/${verb}`, body);
