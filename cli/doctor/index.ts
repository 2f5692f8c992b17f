import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '#embedded';
import { addressOf } from '../addresses.ts';
import { jsonText, say, table, unseenAsText } from '../terminal.ts';
import { refuseUse } from '../unusable.ts';
import { checkBackDoors } from './back-doors.ts';
import type { Finding, Surroundings } from './finding.ts';
import { checkPermissions } from './permissions.ts';
import { checkIdentity, checkSecretFiles } from './secrets.ts';

/** Every check, in the order its findings are shown. */
const checks: Record<string, (around: Surroundings) => Promise<Finding[]>> = {
  permissions: checkPermissions,
  secrets: checkSecretFiles,
  identity: checkIdentity,
  'back-doors': checkBackDoors,
};

interface Flags {
  stateDir?: string;
  natsUrl: string;
  issuer: string;
  config: string;
  json?: boolean;
}

/** Adds `doctor [part]`: tries on the running system what must be refused, and looks for what is left open. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('try what must be refused: broker permissions, secret files, token lifetimes, back doors')
    .argument('[part]', Object.keys(checks).join(', '))
    .option('--state-dir <dir>', 'where the running start keeps its state', process.env.SALLYPORT_STATE_DIR)
    .option('--nats-url <url>', 'the broker', addressOf('nats'))
    .option('--issuer <url>', 'the identity provider', addressOf('identity'))
    .option('--config <path>', 'sallyport.yaml', addressOf('config'))
    .option('--json', 'print JSON')
    .action(async (part: string | undefined, flags: Flags) => {
      const wanted = part === undefined ? Object.keys(checks) : [part];
      const unknown = wanted.find((name) => !Object.hasOwn(checks, name));
      if (unknown !== undefined) {
        const message = `There is no part ${unknown}: use ${Object.keys(checks).join(', ')}`;
        return refuseUse(flags, 'usage', message);
      }
      const findings = await examine(wanted, flags);
      say(flags.json ? jsonText(findings) : textOf(findings));
      if (findings.some(({ verdict }) => verdict === 'problem')) process.exitCode = 1;
    });
}

async function examine(parts: readonly string[], flags: Flags): Promise<Finding[]> {
  const stateDir = resolve(flags.stateDir ?? join(packageRoot(), '.sallyport'));
  const around = {
    stateDir,
    natsUrl: flags.natsUrl,
    issuer: flags.issuer,
    configPath: resolve(flags.config),
  };
  const findings: Finding[] = [];
  for (const part of parts) findings.push(...((await checks[part]?.(around)) ?? []));
  return findings;
}

function textOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ verdict, check, detail, remedy }) => {
    const advice = remedy === undefined ? '' : ` → ${remedy}`;
    return [verdict, check, `${detail}${advice}`];
  });
  return unseenAsText(table(rows));
}
