import { events } from '#contracts';
import { type Finding, findAll, type Source } from './sources.ts';

const names = events.map(({ name }) => name.replaceAll('.', '\\.')).join('|');
const subject = new RegExp(`\\b(?:evt|live)\\.(?:live\\.)?(?:${names})\\b`, 'g');
const code = /^(?:libs|services|cli|console|tools|bench)\/.*\.(?:ts|tsx|mjs)$/;

/** Subjects written out anywhere but in `libs/contracts`: they come from the event's definition. Tests may spell them. */
export function findSubjects(sources: readonly Source[]): Finding[] {
  return sources
    .filter(
      ({ path }) => code.test(path) && !path.startsWith('libs/contracts/') && !path.endsWith('.test.ts'),
    )
    .flatMap((source) => findAll(source, subject, (match) => `subject spelled out: ${match}`));
}
