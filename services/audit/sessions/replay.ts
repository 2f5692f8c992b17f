import { z } from 'zod';
import type { RecordedVersion, Replay, ReplayStep, SessionDetail } from '#contracts';

const Transcript = z.array(z.tuple([z.number(), z.string()]));

/** What happened to a request as steps in time, to be played again. Pure. */
export function replayOf(detail: SessionDetail): Replay {
  const startMs = detail.receivedAt ?? detail.steps[0]?.at ?? 0;
  const since = (at: number) => Math.max(0, at - startMs);
  const shown = (content: { state: string; text?: string | undefined }) =>
    content.text ?? `[${content.state}]`;
  const steps: ReplayStep[] = [
    ...detail.versions.map((version) => ({
      atMs: version.version === 1 && version.gate === 'prompt' ? 0 : since(version.at),
      kind: kindOfVersion(version, detail.versions),
      by: version.by,
      gate: version.gate,
      text: shown(version.content),
    })),
    ...detail.decisions.map((decision) => ({
      atMs: since(decision.at),
      kind: kindOf(decision.effect),
      text: [decision.effect, decision.rules.join(', ')].filter(Boolean).join(': '),
    })),
    ...detail.votes.map((vote) => ({
      atMs: since(vote.at),
      kind: 'vote' as const,
      by: vote.approver,
      text: vote.reason === undefined ? vote.vote : `${vote.vote}: ${shown(vote.reason)}`,
    })),
    ...answerSteps(detail, since),
  ];
  const { id, protocol, operation } = detail;
  return { id, protocol, operation, steps: steps.sort((a, b) => a.atMs - b.atMs) };
}

/** What the model answered comes before people at gate `response` as the first version there. */
function kindOfVersion(version: RecordedVersion, all: readonly RecordedVersion[]): ReplayStep['kind'] {
  if (version === all.find(({ gate }) => gate === 'response')) return 'answer';
  return version.version === 1 ? 'prompt' : 'edit';
}

function kindOf(effect: SessionDetail['decisions'][number]['effect']): ReplayStep['kind'] {
  switch (effect) {
    case 'held':
      return 'held';
    case 'denied':
      return 'decision';
    default:
      return 'released';
  }
}

function answerSteps(detail: SessionDetail, since: (at: number) => number): ReplayStep[] {
  if (detail.answer === null) return [];
  const endMs = since(detail.completedAt ?? detail.steps.at(-1)?.at ?? 0);
  const end: ReplayStep = {
    atMs: endMs,
    kind: 'completed',
    text: [detail.outcome, detail.code, detail.answer.message].filter(Boolean).join(': '),
  };
  const { kind, content } = detail.answer;
  if (kind === 'none') return [end];
  const frames = kind === 'transcript' ? readTranscript(content.text) : null;
  const pieces = frames ?? [[endMs, content.text ?? `[${content.state}]`] as const];
  return [...pieces.map(([atMs, text]): ReplayStep => ({ atMs, kind: 'answer', text })), end];
}

function readTranscript(text: string | undefined): [number, string][] | null {
  if (text === undefined) return null;
  try {
    return Transcript.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
