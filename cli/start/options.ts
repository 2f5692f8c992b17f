import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ServiceName, serviceNames } from '#contracts';
import { packageRoot, StartProblem } from '#embedded';

/** What a start is asked to do, read once from flags and environment. */
export interface StartOptions {
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly identityPort: number;
  readonly modelPort: number;
  readonly natsPort: number;
  readonly postgresPort: number;
  readonly bind: string;
  readonly stateDir: string;
  readonly configFile: string;
  readonly audience: string;
  readonly only: ServiceName | undefined;
  readonly reset: boolean;
  readonly exitWhenReady: boolean;
  readonly insecureDemo: boolean;
  readonly json: boolean;
  /** Addresses that replace an embedded part. */
  readonly modelUrl: string | undefined;
  readonly issuer: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly natsUrl: string | undefined;
  /** Passwords for a broker that isn't ours, from `SALLYPORT_NATS_<USER>_PASSWORD`. */
  readonly natsPasswords: Readonly<Record<string, string>> | undefined;
}

const PORTS = {
  ingress: 8080,
  approval: 8081,
  audit: 8082,
  policy: 8083,
  masking: 8084,
  identity: 8085,
  model: 8086,
  nats: 4322,
  postgres: 5532,
} as const;

type PortName = keyof typeof PORTS;
export const PORT_NAMES = Object.keys(PORTS) as PortName[];

/** The flag that moves a part to another port. */
export function portFlag(part: PortName): string {
  return `--${part}-port`;
}

/** Adds the flags of `sallyport start` to its command. */
export function addStartOptions(command: Command): Command {
  for (const name of PORT_NAMES) {
    const variable = `SALLYPORT_${name.toUpperCase()}_PORT`;
    command.addOption(
      new Option(`${portFlag(name)} <port>`, `port of ${name}`)
        .default(PORTS[name])
        .env(variable)
        .argParser(port),
    );
  }
  return command
    .option('--reset', 'forget all state first (fetched programs are kept)')
    .option('--exit-when-ready', 'stop again as soon as everything answers, with the time each part took')
    .addOption(
      new Option('--only <service>', 'start this one service beside a running start').choices(serviceNames),
    )
    .addOption(new Option('--model-url <url>', 'use this model server').env('SALLYPORT_MODEL_URL'))
    .addOption(new Option('--issuer <url>', 'use this OIDC provider').env('SALLYPORT_ISSUER'))
    .addOption(
      new Option('--audience <name>', 'audience of access tokens')
        .default('sallyport')
        .env('SALLYPORT_AUDIENCE'),
    )
    .addOption(
      new Option('--bind <address>', 'address the services listen at')
        .default('127.0.0.1')
        .env('SALLYPORT_BIND'),
    )
    .option('--insecure-demo', 'allow another address than 127.0.0.1 with the seeded people')
    .addOption(new Option('--state-dir <dir>', 'where state is kept').env('SALLYPORT_STATE_DIR'))
    .addOption(new Option('--config <file>', 'the configuration').env('SALLYPORT_CONFIG'))
    .option('--json', 'print events as JSON lines');
}

function port(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new InvalidArgumentError('a port is a number from 1 to 65535');
}

interface Flags {
  reset?: boolean;
  exitWhenReady?: boolean;
  only?: ServiceName;
  modelUrl?: string;
  issuer?: string;
  audience: string;
  bind: string;
  insecureDemo?: boolean;
  stateDir?: string;
  config?: string;
  json?: boolean;
}

/** @throws StartProblem `embedded.unsafe_bind` or `embedded.bad_option`. */
export function readStartOptions(
  flags: Flags & Record<string, unknown>,
  env: NodeJS.ProcessEnv,
): StartOptions {
  const portOf = (name: PortName) => flags[`${name}Port`] as number;
  const options: StartOptions = {
    ports: Object.fromEntries(serviceNames.map((name) => [name, portOf(name)])) as StartOptions['ports'],
    identityPort: portOf('identity'),
    modelPort: portOf('model'),
    natsPort: portOf('nats'),
    postgresPort: portOf('postgres'),
    bind: flags.bind,
    stateDir: resolve(flags.stateDir ?? join(packageRoot(), '.sallyport')),
    configFile: resolve(flags.config ?? join(packageRoot(), 'sallyport.yaml')),
    audience: flags.audience,
    only: flags.only,
    reset: flags.reset === true,
    exitWhenReady: flags.exitWhenReady === true,
    insecureDemo: flags.insecureDemo === true,
    json: flags.json === true,
    modelUrl: flags.modelUrl === undefined ? undefined : url(flags.modelUrl, '--model-url'),
    issuer: flags.issuer === undefined ? undefined : url(flags.issuer, '--issuer'),
    databaseUrl: env.DATABASE_URL,
    natsUrl: env.NATS_URL,
    natsPasswords: env.NATS_URL === undefined ? undefined : foreignPasswords(env),
  };
  refuseUnsafeBind(options);
  return options;
}

function url(text: string, flag: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, '');
  throw new StartProblem(
    'embedded.bad_option',
    `${flag} ${text} is not an address`,
    'give one like http://host:port',
  );
}

function refuseUnsafeBind({ bind, issuer, insecureDemo }: StartOptions): void {
  if (bind === '127.0.0.1' || issuer !== undefined || insecureDemo) return;
  throw new StartProblem(
    'embedded.unsafe_bind',
    `Listening at ${bind} would show the seeded people and generated keys to the network`,
    'use your own provider with --issuer, or add --insecure-demo if this network is yours alone',
  );
}

function foreignPasswords(env: NodeJS.ProcessEnv): Record<string, string> {
  const users = [...serviceNames, 'topology'];
  const variable = (user: string) => `SALLYPORT_NATS_${user.toUpperCase()}_PASSWORD`;
  const missing = users.map(variable).filter((name) => !env[name]);
  if (missing.length === 0)
    return Object.fromEntries(users.map((user) => [user, env[variable(user)] as string]));
  throw new StartProblem(
    'embedded.bad_option',
    `NATS_URL is set, but not ${missing.join(', ')}`,
    'set the passwords of the users in deploy/, or unset NATS_URL',
  );
}
