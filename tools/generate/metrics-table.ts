import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A metric as the code makes it. */
export interface MetricText {
  name: string;
  kind: string;
  help: string;
  labels: readonly string[];
}

const made =
  /new (Counter|Gauge|Histogram)\(\{\s*name: '(\w+)',\s*help: '([^']+)',(?:\s*labelNames(?:: \[([^\]]*)\])?)?/g;
const named = /const labelNames = \[([^\]]*)\]/;
const wordsOf = (list: string): string[] => [...list.matchAll(/'(\w+)'/g)].map(([, word]) => word ?? '');

/** Every metric of Sallyport's own, by name. */
export function metricsOf(root: string): MetricText[] {
  const files = ['libs', 'services'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('metrics.ts'))
      .map((file) => path.join(root, folder, file)),
  );
  const found = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(made)].map(([whole, kind = '', name = '', help = '', own]) => {
      const labels = own ?? (whole.includes('labelNames') ? (named.exec(text)?.[1] ?? '') : '');
      return { name, kind: kind.toLowerCase(), help, labels: wordsOf(labels) };
    });
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const head = `<!-- Generated from the code by \`npm run generate\`. -->
# Metrics

What each service says at \`/metrics\` about itself, besides Node's own metrics of process, heap and event loop. Every metric has
the label \`service\`. [Monitoring](monitoring.md) says how to watch them.

| metric | kind | labels | what it says |
|---|---|---|---|
`;

/** docs/metrics.md. */
export function metricsTable(root: string): string {
  const rows = metricsOf(root).map(({ name, kind, labels, help }) => {
    const list = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${list} | ${help} |\n`;
  });
  return head + rows.join('');
}
