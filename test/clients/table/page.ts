import { checks } from './checks.ts';
import { otherChecks } from './other-checks.ts';
import { modelChecks } from './real-model.ts';
import type { Cell, Tried } from './run.ts';

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, head.map(() => '---'), ...rows];
  return all.map((row) => `| ${row.map(escaped).join(' | ')} |`).join('\n');
}

/** What a page says of one library. */
export function sectionOf(page: string, library: string): string {
  return page.split('\n## ').find((section) => section.startsWith(`${library}\n`)) ?? '';
}

const textOf = (cells: readonly Cell[], library: string, check: string): string =>
  cells.find((cell) => cell.library === library && cell.check === check)?.text ?? '';

const namesOf = (cells: readonly Cell[]): string[] => [...new Set(cells.map(({ library }) => library))];

/** A table of checks with a line for each library. */
function wideTable(cells: readonly Cell[], titles: readonly string[]): string {
  const lines = namesOf(cells).map((name) => [name, ...titles.map((title) => textOf(cells, name, title))]);
  return table(['', ...titles], lines);
}

/** A line of a table as it stands on the page. */
export function lineOf(cells: readonly Cell[], library: string, titles: readonly string[]): string {
  return (
    wideTable(
      cells.filter((cell) => cell.library === library),
      titles,
    ).split('\n')[2] ?? ''
  );
}

export const otherTitles = otherChecks.map(({ title }) => title);
export const modelTitles = modelChecks.map(({ title }) => title);

/** The page. Holds no times: the same cells give the same text. */
export function pageOf({ chats, others, model }: Tried): string {
  const names = namesOf(chats);
  const meanings = checks.map(({ title, meaning }) => `- **${title}**: ${meaning}`).join('\n');
  const sections = names.map((name) => {
    const rows = checks.map(({ title }) => [title, textOf(chats, name, title)]);
    return `## ${name}\n\n${table(['', 'what the program sees'], rows)}`;
  });
  const overview = table(
    ['library', 'checks passed', 'waits transparently for'],
    names.map((name) => {
      const own = chats.filter(({ library }) => library === name);
      const passed = own.filter(({ passed: isPassed }) => isPassed).length;
      return [name, `${passed} of ${own.length}`, textOf(chats, name, 'waits transparently for')];
    }),
  );
  return `# Clients

Written by \`npm run clients\`: every line below was tried with the unmodified library against a running gateway, with
\`@copilotkit/aimock\` as the model's server. A streamed call waits until the approval expires, whatever the library: keep-alives
keep it open.

${overview}

What was tried:

${meanings}

## Other calls

Completions, \`countTokens\` and Ollama's \`embed\`, which \`@copilotkit/aimock\` does not know, with a server of the tests' own
behind the gateway. Lists of models come from the gateway's configuration: no model is asked, so no rule about prompts applies.

${wideTable(others, otherTitles)}

## A real model

llama.cpp behind the gateway, run by node-llama-cpp in the small server that comes with Sallyport, with its model. Each answer is
compared with the one that the same library gets from that server itself.

${wideTable(model, modelTitles)}

${sections.join('\n\n')}
`;
}
