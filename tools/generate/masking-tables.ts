import { packDefaultTables } from '#redaction';

const LINE_CHARS = 100;

/** The tables of the default masking packs as a TypeScript file: the libraries read no files. */
export function maskingTables(): string {
  const { fingerprint, alphabetSize, lengths, lists } = packDefaultTables();
  const texts = lists.map((list) => {
    const lines = list.match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [''];
    return `    ${lines.map((line) => `'${line}'`).join(' +\n      ')},`;
  });
  return `import type { PackedTables } from '../detecting/tables.ts';

/** Written by \`npm run generate\` from the patterns of the default packs. */
export const DEFAULT_TABLES: PackedTables = {
  fingerprint: '${fingerprint}',
  alphabetSize: ${alphabetSize},
  lengths: [${lengths.join(', ')}],
  lists: [
${texts.join('\n')}
  ],
};
`;
}
