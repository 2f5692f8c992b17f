import type { Library } from '../libraries/library.ts';
import { type Check, checks } from './checks.ts';
import { libraries } from './libraries.ts';
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

/** Runs checks with every library; all libraries of a column at once. */
export async function runChecks(wanted: readonly Check[] = checks): Promise<Cell[]> {
  const setting = await openSetting();
  try {
    const cells: Cell[] = [];
    for (const [column, check] of wanted.entries()) {
      cells.push(...(await runColumn(setting, check, column)));
      console.log(
        JSON.stringify(
          cells.slice(-8).map((c) => [c.library.slice(0, 18), c.passed, c.text.slice(0, 300)]),
          null,
          1,
        ),
      );
    }
    return cells;
  } finally {
    await setting.stop();
  }
}

async function runColumn(setting: Setting, check: Check, column: number): Promise<Cell[]> {
  const runs = libraries().map((library, row) => () => runOne(setting, check, library, `w${column}x${row}`));
  if (!check.oneByOne) return Promise.all(runs.map((run) => run()));
  const cells: Cell[] = [];
  for (const run of runs) cells.push(await run());
  return cells;
}

async function runOne(setting: Setting, check: Check, library: Library, word: string): Promise<Cell> {
  const cell = { library: rowName(library), check: check.title };
  try {
    return { ...cell, passed: true, text: await withinTime(check.run(setting, library, word)) };
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

const rowName = ({ name, protocol }: Library): string => `${name}, ${protocol}`;

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, head.map(() => '---'), ...rows];
  return all.map((row) => `| ${row.map(escaped).join(' | ')} |`).join('\n');
}

/** What a page says of one library. */
export function sectionOf(page: string, library: string): string {
  return page.split('\n## ').find((section) => section.startsWith(`${library}\n`)) ?? '';
}

/** The page. Holds no times: the same cells give the same text. */
export function pageOf(cells: readonly Cell[]): string {
  const names = [...new Set(cells.map(({ library }) => library))];
  const of = (library: string, check: string): string =>
    cells.find((cell) => cell.library === library && cell.check === check)?.text ?? '';
  const meanings = checks.map(({ title, meaning }) => `- **${title}**: ${meaning}`).join('\n');
  const sections = names.map((name) => {
    const rows = checks.map(({ title }) => [title, of(name, title)]);
    return `## ${name}\n\n${table(['', 'what the program sees'], rows)}`;
  });
  const overview = table(
    ['library', 'checks passed', 'waits transparently for'],
    names.map((name) => {
      const own = cells.filter(({ library }) => library === name);
      const passed = own.filter(({ passed: isPassed }) => isPassed).length;
      return [name, `${passed} of ${own.length}`, of(name, 'waits transparently for')];
    }),
  );
  return `# Clients

Written by \`npm run clients\`: every line below was tried with the unmodified library against a running gateway, with
\`@copilotkit/aimock\` as the model's server. A streamed call waits until the approval expires, whatever the library: keep-alives
keep it open.

${overview}

What was tried:

${meanings}

${sections.join('\n\n')}
`;
}
