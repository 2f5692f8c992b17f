import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { hasAnchor } from '../docs/read-docs.ts';
import { type MetricText, metricsOf } from '../generate/metrics-table.ts';

interface Rule {
  alert: string;
  expr: string;
  annotations?: { runbook?: string };
}

const own = /\bsallyport_\w+/g;

/**
 * What is wrong with `deploy/monitoring`: metrics that no service has, alerts without their page of the runbook, and
 * metrics whose help says `(alarm)` that no alert watches.
 */
export function findMonitoringProblems(root: string): string[] {
  const metrics = metricsOf(root);
  const read = (file: string): string => readFileSync(path.join(root, 'deploy/monitoring', file), 'utf8');
  const { groups } = parse(read('alerts.yaml')) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  return [
    ...['alerts.yaml', 'dashboard.json'].flatMap((file) =>
      unknownMetrics(read(file), metrics).map((name) => `deploy/monitoring/${file}: no metric ${name}`),
    ),
    ...rules
      .filter(({ annotations }) => !leadsSomewhere(root, annotations?.runbook))
      .map(({ alert }) => `${alert}: its runbook leads nowhere`),
    ...metrics
      .filter(({ name, help }) => help.includes('(alarm)') && !rules.some(({ expr }) => expr.includes(name)))
      .map(({ name }) => `${name}: says that it is an alarm, and no alert watches it`),
  ];
}

/** Names of metrics that a text uses and no service has. */
export function unknownMetrics(
  text: string,
  metrics: readonly Pick<MetricText, 'name' | 'kind'>[],
): string[] {
  const known = new Set(
    metrics.flatMap(({ name, kind }) =>
      kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  return [...new Set(text.match(own) ?? [])].filter((name) => !known.has(name));
}

function leadsSomewhere(root: string, runbook: string | undefined): boolean {
  const [file = '', anchor = ''] = (runbook ?? '').split('#');
  return file !== '' && anchor !== '' && hasAnchor(path.join(root, file), anchor);
}
