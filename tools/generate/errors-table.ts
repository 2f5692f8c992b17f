import { type ErrorCode, errorStatus } from '#contracts';
import { errorAdvice } from './error-advice.ts';

const head = `<!-- Generated from tools/generate/error-advice.ts by \`npm run generate\`. -->
# Error codes

Every refusal has a stable code; its text may change, the code's meaning never does. Clients of a model protocol get it in that
protocol's own shape (OpenAI: \`error.code\`), everything else as \`{"error": {"code", "message", …}}\`. The commands print the text with
the code behind it, with \`--json\` as that object on standard error, and end with 1 (2: the command line is wrong).

| code | status | it means | do |
|---|---|---|---|
`;

/** docs/errors.md: what a caller can be told, and what to do about it. */
export function errorsTable(): string {
  const rows = Object.entries(errorStatus).map(([code, status]) => {
    const advice = errorAdvice[code as ErrorCode];
    return `| \`${code}\` | ${status} | ${advice.means} | ${advice.do} |\n`;
  });
  return head + rows.join('');
}
