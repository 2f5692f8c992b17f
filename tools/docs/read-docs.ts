import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The commands of a page's fenced blocks marked `sh`: a line each, continued after a backslash. */
export function commandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');
  return blocks.flatMap((block) =>
    block
      .split(/(?<!\\)\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
}

/** The anchor that a heading gets: lower case, words joined by dashes. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s+/g, '-');
}

/** Whether a page has a heading with this anchor. */
export function hasAnchor(file: string, anchor: string): boolean {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text]) => text ?? '');
  return headings.some((heading) => anchorOf(heading) === anchor);
}

/** Relative links of a page that lead to no file, or to no heading of one. */
export function brokenLinks(page: string, markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? page : path.join(path.dirname(page), file);
      return !existsSync(full) || (anchor !== undefined && !hasAnchor(full, anchor));
    })
    .map((target) => `${page}: ${target} leads nowhere`);
}
