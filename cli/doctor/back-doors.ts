import { checkBackDoor } from '../connections/connections.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { Finding, Surroundings } from './finding.ts';

const verdicts = {
  closed: 'ok',
  open: 'problem',
  unprotected: 'problem',
  unclear: 'warning',
  unreachable: 'warning',
} as const;

/** Whether each model server can be used without going through the gateway. */
export async function checkBackDoors({ configPath }: Surroundings): Promise<Finding[]> {
  const read = await readPolicy(configPath);
  if (read.kind !== 'policy') {
    const remedy = 'run sallyport config check, or name it with --config';
    return [{ check: 'back doors', verdict: 'warning', detail: `${configPath} cannot be read`, remedy }];
  }
  const enabled = Object.entries(read.document.connections).filter(([, { enabled: on }]) => on);
  const reports = await Promise.all(enabled.map(([name, connection]) => checkBackDoor(name, connection)));
  return reports.map(({ connection, result, text }) => ({
    check: `back door of ${connection}`,
    verdict: verdicts[result],
    detail: text,
  }));
}
