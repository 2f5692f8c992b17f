import type { Report, ReportLine } from '#contracts';

const outcomes = [
  ...(['answered', 'denied', 'rejected', 'expired', 'cancelled', 'blocked', 'failed', 'open'] as const),
];
const columns = [
  ...['key', 'subject', 'name', 'email', 'requests', ...outcomes, 'held', 'approvals', 'rejections'],
  ...['decisions', 'decision_ms_median', 'decision_ms_p95', 'decision_ms_longest'],
  ...['prompt_tokens', 'completion_tokens', 'masked'],
];

/** A report as CSV (RFC 4180) with a line of names. Pure. */
export function csvOf({ lines }: Report): string {
  return [columns, ...lines.map(rowOf)].map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}

function rowOf({ key, person, decisionMs, masked, ...line }: ReportLine): (string | number | null)[] {
  return [
    ...[key, person?.subject ?? '', person?.name ?? '', person?.email ?? '', line.requests],
    ...outcomes.map((outcome) => line.outcomes[outcome] ?? 0),
    ...[line.held, line.approvals, line.rejections],
    ...[decisionMs.count, decisionMs.median, decisionMs.p95, decisionMs.longest],
    ...[line.promptTokens, line.completionTokens],
    Object.entries(masked)
      .map(([entity, count]) => `${entity}=${count}`)
      .join(' '),
  ];
}

/** A cell in quotes. Text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection). */
export function cellOf(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = /^[\s\p{Cf}]*[=+\-@|%＝＋－＠]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
