import { expect } from '@jest/globals';
import { type ApprovalRequirement, approvalDecided, approvalRequested, requestCompleted } from '#contracts';
import { eventually } from '#testing';
import { outcomeOf } from '../../../../services/approval/deciding/decision/quorum.ts';
import { releasesOf } from '../approval-world.ts';
import { slow, world } from './one-world.ts';

async function requirementOf(id: string, version: number): Promise<ApprovalRequirement> {
  const held = await world.events(approvalRequested, id);
  return held.find(({ head }) => head.version === version)!.head.requirement;
}

/** From the log alone: one outcome, and a release exactly where recorded votes of distinct people allow it. */
export async function expectOneOutcome(id: string): Promise<void> {
  const outcomes = await eventually(async () => {
    const ended = (await world.events(approvalDecided, id)).filter(({ head }) => head.kind === 'outcome');
    expect(ended.length).toBeGreaterThan(0);
    const said = [...(await releasesOf(world, id)), ...(await world.events(requestCompleted, id))];
    expect(said).toHaveLength(1);
    return ended;
  }, slow);
  expect(outcomes).toHaveLength(1);
  const { head: outcome } = outcomes[0]!;
  if (outcome.kind !== 'outcome') throw new Error('not an outcome');
  const releases = await releasesOf(world, id);
  expect(releases).toHaveLength(outcome.outcome === 'approved' ? 1 : 0);
  if (outcome.outcome !== 'approved') return;
  const votes = (await world.events(approvalDecided, id)).flatMap(({ head }) =>
    head.kind === 'vote' && head.version === outcome.version && head.digest === outcome.digest ? [head] : [],
  );
  const counted = votes.map(({ approver, vote }) => ({ approver, vote, groups: ['security'] }));
  expect(outcomeOf(await requirementOf(id, outcome.version), counted)).toBe('approved');
  expect(votes.map(({ approver }) => approver.subject)).not.toContain('carol');
  const { terms, signature } = releases[0]!.head;
  expect(terms).toMatchObject({ version: outcome.version, digest: outcome.digest });
  expect(world.verifier.verify(terms, signature)).toBe(true);
}
