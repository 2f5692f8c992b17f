import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ComposeFile, ComposeService } from './compose-file.ts';

/** What stands on this machine for what the Compose file names. */
export interface Mapping {
  /** `nats:4222` → `127.0.0.1:40001`. */
  hosts: Readonly<Record<string, string>>;
  /** A port inside a container → a port here. */
  ports: Readonly<Record<string, string>>;
  /** Where `./deploy/secrets` is. */
  secretsDir: string;
  /** Stands for named volumes and files that are rewritten, by their source in the file. */
  sources: Readonly<Record<string, string>>;
}

/** A service of the file as a process of this machine. */
export interface EmulatedService {
  command: string;
  args: string[];
  env: Record<string, string>;
  health: string[] | undefined;
}

/** The instruction of the image's last stage with this name, as JSON. */
function imageCommand(dockerfile: string): string[] {
  const [, json = '[]'] =
    /^CMD (\[.*\])\s*$/m.exec(dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))) ?? [];
  return JSON.parse(json) as string[];
}

/** Container paths → paths here, from the service's own mounts, longest first. */
function mountsOf(service: ComposeService, mapping: Mapping): [string, string][] {
  const mounts = (service.volumes ?? []).map((volume): [string, string] => {
    const [source = '', target = ''] = volume.split(':');
    const known = mapping.sources[source];
    return [target, known ?? source.replace('./deploy/secrets', mapping.secretsDir)];
  });
  return mounts.sort(([a], [b]) => b.length - a.length);
}

function readEnvFile(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Rewrites one value of the environment: paths, then addresses, then a port that stands alone or after a host. */
function rewrite(value: string, mounts: readonly [string, string][], mapping: Mapping): string {
  let text = value;
  for (const [target, source] of mounts)
    if (text.startsWith(target)) text = source + text.slice(target.length);
  for (const [host, here] of Object.entries(mapping.hosts)) text = text.replaceAll(host, here);
  return text
    .replace(/(?<=^|127\.0\.0\.1:)(\d{4,5})$/, (port) => mapping.ports[port] ?? port)
    .replace('0.0.0.0', '127.0.0.1');
}

/** The command, environment and health check that the file gives a service, with hosts, ports and paths mapped to this machine. */
export function emulate(root: string, compose: ComposeFile, name: string, mapping: Mapping): EmulatedService {
  const service = compose.services[name];
  if (service?.build === undefined) throw new Error(`${name} is not built from this repository`);
  const dockerfile = readFileSync(path.join(root, service.build.context, service.build.dockerfile), 'utf8');
  const mounts = mountsOf(service, mapping);
  const files = (service.env_file ?? []).map((file) =>
    readEnvFile(path.join(root, file).replace(path.join(root, 'deploy/secrets'), mapping.secretsDir)),
  );
  const said = {
    NODE_ENV: 'production',
    ...service.build.args,
    ...Object.assign({}, ...files),
    ...service.environment,
  };
  const [command = '', ...args] = service.command ?? imageCommand(dockerfile);
  const [kind, ...health] = service.healthcheck?.test ?? [];
  return {
    command,
    args,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      ...Object.fromEntries(
        Object.entries(said).map(([key, value]) => [key, rewrite(String(value), mounts, mapping)]),
      ),
    },
    health:
      kind === 'CMD'
        ? health.map((part) =>
            part.replace(/127\.0\.0\.1:(\d+)/, (_, port) => `127.0.0.1:${mapping.ports[port] ?? port}`),
          )
        : undefined,
  };
}
