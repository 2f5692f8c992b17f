import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '#embedded';
import { pageOf } from './table/page.ts';
import { runChecks } from './table/run.ts';

/** `npm run clients`: tries every client library and writes docs/clients.md. */
const tried = await runChecks();
await writeFile(join(packageRoot(), 'docs', 'clients.md'), pageOf(tried));
const cells = Object.values(tried).flat();
const failed = cells.filter(({ passed }) => !passed);
for (const { library, check, text } of failed) console.log(`✗ ${library}: ${check}: ${text}`);
console.log(`docs/clients.md: ${cells.length - failed.length} of ${cells.length} checks passed`);
process.exit(failed.length === 0 ? 0 : 1);
