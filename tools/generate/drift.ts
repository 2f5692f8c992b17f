import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asyncApi } from './asyncapi.ts';
import { brokerAuthorization } from './broker-authorization.ts';
import { errorsTable } from './errors-table.ts';
import { maskingTables } from './masking-tables.ts';
import { metricsTable } from './metrics-table.ts';
import { permissionsTable } from './permissions-table.ts';
import { policySchema } from './policy-schema.ts';
import { rolesTable } from './roles-table.ts';

/** A file that is made from the code. */
interface GeneratedFile {
  path: string;
  text: (root: string) => string | Promise<string>;
}

const files: readonly GeneratedFile[] = [
  { path: 'docs/asyncapi.yaml', text: asyncApi },
  { path: 'docs/sallyport.schema.json', text: policySchema },
  { path: 'docs/permissions.md', text: permissionsTable },
  { path: 'docs/roles.md', text: rolesTable },
  { path: 'docs/errors.md', text: errorsTable },
  { path: 'docs/metrics.md', text: metricsTable },
  { path: 'libs/redaction/packs/default-tables.ts', text: maskingTables },
  { path: 'deploy/nats/authorization.conf', text: brokerAuthorization },
];

/** The generated files whose text is not what the code says now. */
export async function findDrift(root: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const file of files) {
    const present = await readFile(path.join(root, file.path), 'utf8').catch(() => '');
    if (present !== (await file.text(root)))
      wrong.push(`${file.path}: out of date, run \`npm run generate\``);
  }
  return wrong;
}

/** Writes every generated file anew and gives their paths. */
export async function writeGenerated(root: string): Promise<string[]> {
  for (const file of files) {
    const target = path.join(root, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, await file.text(root));
  }
  return files.map((file) => file.path);
}
