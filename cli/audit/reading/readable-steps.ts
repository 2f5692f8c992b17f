import type { Replay, ReplayStep } from '#contracts';
import { labelOf, readableAnswer, readableFrames, readablePrompt } from './readable.ts';

/** What is read for people, instead of being shown as it was sent. */
export interface Reading {
  readonly streams: boolean;
  readonly bodies: boolean;
}

/** A step as it is played. `label`: what an answer's piece is, empty for its text. `continues`: its text goes on where the one before ended. */
export type PlayedStep = ReplayStep & { readonly label?: string; readonly continues: boolean };

/** A replay with its contents as people read them; what can't be read is as it was sent. Pure. */
export function readableSteps(replay: Replay, reading: Reading): PlayedStep[] {
  const isFrame = ({ kind, gate }: ReplayStep) => kind === 'answer' && gate === undefined;
  const frames = replay.steps.filter(isFrame);
  const read = reading.streams ? pieces(replay, frames) : undefined;
  const isBody = frames.length === 1 && reading.bodies;
  return replay.steps.flatMap((step): PlayedStep[] => {
    if (!isFrame(step)) return [{ ...step, text: textOf(replay, step, reading), continues: false }];
    if (read !== undefined) return read.get(step) ?? [];
    const text = (isBody ? readableAnswer(replay, step.text) : undefined) ?? step.text;
    return [{ ...step, text, continues: false }];
  });
}

function textOf(replay: Replay, { kind, gate, text }: ReplayStep, { bodies }: Reading): string {
  if (!bodies || gate === undefined || gate === 'change') return text;
  const isAnswer = gate === 'response' || kind === 'answer';
  return (isAnswer ? readableAnswer(replay, text) : readablePrompt(replay, text)) ?? text;
}

/** What each frame says; a frame that says nothing to people has no step. */
function pieces(replay: Replay, frames: readonly ReplayStep[]): Map<ReplayStep, PlayedStep[]> | undefined {
  const texts = frames.map(({ text }) => text);
  const said = readableFrames(replay, texts);
  if (said === undefined) return undefined;
  let before: string | undefined;
  return new Map(
    frames.map((frame, index) => [
      frame,
      (said[index] ?? []).map((piece): PlayedStep => {
        const label = labelOf(piece);
        const here = `${label} ${piece.call ?? ''}`;
        const continues = here === before;
        before = here;
        return { ...frame, label, text: piece.text, continues };
      }),
    ]),
  );
}
