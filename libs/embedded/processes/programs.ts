import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../paths.ts';

/**
 * The arguments that make Node run one of our programs, e.g. `services/ingress/main`: its build where this file is
 * itself part of the build, or where `npm test` has just built it (`SALLYPORT_PROGRAMS=built`: programs start in half the
 * time); else its source. A service has OpenTelemetry loaded before it, which does nothing where no `OTEL_…` says otherwise.
 */
export function programArguments(program: string): string[] {
  const root = packageRoot();
  const isBuilt =
    process.env.SALLYPORT_PROGRAMS === 'built' || !fileURLToPath(import.meta.url).endsWith('.ts');
  const [dir, extension] = isBuilt ? [join(root, 'dist'), 'js'] : [root, 'ts'];
  const loader = isBuilt ? [] : ['--import', join(root, 'libs', 'testing', 'source-loader.mjs')];
  const telemetry = program.startsWith('services/')
    ? ['--import', join(dir, 'libs', 'telemetry', `start.${extension}`)]
    : [];
  return [...loader, ...telemetry, join(dir, `${program}.${extension}`)];
}

/**
 * Options with which Node runs each of our services. A request's events are short-lived: with room for more of
 * them in the young generation (MiB) hardly any outlives a scavenge, which costs several per cent of all CPU time.
 */
export const serviceNodeOptions: readonly string[] = ['--max-semi-space-size=32'];
