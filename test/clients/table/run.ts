import type { Library } from '../libraries/library.ts';
import { type Check, checks } from './checks.ts';
import { libraries } from './libraries.ts';
import { type OtherCheck, otherChecks } from './other-checks.ts';
import { type OtherRoute, otherRoutes } from './other-routes.ts';
import { type ModelCheck, modelChecks } from './real-model.ts';
import { openSetting, type Setting } from './setting.ts';

const longestCheckMs = 40_000;

/** What came of one check with one library. */
export interface Cell {
  readonly library: string;
  readonly check: string;
  readonly passed: boolean;
  /** What the client's program saw, or what is wrong. */
  readonly text: string;
}

/** What was tried: chatting with every library, their other calls, and chatting with a real model. */
export interface Tried {
  readonly chats: readonly Cell[];
  readonly others: readonly Cell[];
  readonly model: readonly Cell[];
}

/** What is to be tried. */
export interface Wanted {
  readonly checks: readonly Check[];
  readonly otherChecks: readonly OtherCheck[];
  readonly modelChecks: readonly ModelCheck[];
}

/** A library that some check is tried with, or one call of it. */
interface Row<Subject> {
  readonly name: string;
  readonly subject: Subject;
}
type Column<Subject> = {
  readonly title: string;
  readonly oneByOne?: true;
  readonly run: (setting: Setting, subject: Subject, word: string) => Promise<string>;
};

const everything: Wanted = { checks, otherChecks, modelChecks };
const chatRow = (library: Library): Row<Library> => ({
  name: `${library.name}, ${library.protocol}`,
  subject: library,
});
const otherRow = (route: OtherRoute): Row<OtherRoute> => ({
  name: `${route.library}: ${route.call}`,
  subject: route,
});

/** The libraries that speak the real model's protocol. */
export const modelLibraries = (): Library[] =>
  libraries().filter(({ protocol }) => protocol === 'chat completions');

/** Runs checks, all rows of a column at once, against one gateway. */
export async function runChecks(wanted: Wanted = everything): Promise<Tried> {
  const setting = await openSetting({ model: wanted.modelChecks.length > 0 });
  try {
    return {
      chats: await runTable(setting, 'c', libraries().map(chatRow), wanted.checks),
      others: await runTable(setting, 'o', otherRoutes().map(otherRow), wanted.otherChecks),
      model: await runTable(setting, 'm', modelLibraries().map(chatRow), wanted.modelChecks),
    };
  } finally {
    await setting.stop();
  }
}

async function runTable<Subject>(
  setting: Setting,
  table: string,
  rows: readonly Row<Subject>[],
  columns: readonly Column<Subject>[],
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const [nth, column] of columns.entries()) {
    const runs = rows.map((row, at) => () => runOne(setting, column, row, `${table}${nth}x${at}w`));
    if (column.oneByOne) for (const run of runs) cells.push(await run());
    else cells.push(...(await Promise.all(runs.map((run) => run()))));
  }
  return cells;
}

async function runOne<Subject>(
  setting: Setting,
  column: Column<Subject>,
  { name, subject }: Row<Subject>,
  word: string,
): Promise<Cell> {
  const cell = { library: name, check: column.title };
  try {
    return { ...cell, passed: true, text: await withinTime(column.run(setting, subject, word)) };
  } catch (error) {
    return { ...cell, passed: false, text: `**no**: ${(error as Error).message}` };
  }
}

/** A check that hangs is a failed one. */
function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), longestCheckMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
