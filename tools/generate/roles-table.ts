import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { RequestMethod } from '@nestjs/common';
import { roles } from '#contracts';

/** An endpoint of a Nest controller, and who may call it. */
interface Endpoint {
  service: string;
  method: string;
  path: string;
  /** The roles, any one of which is enough; `anyone` needs no token, `authenticated` any valid one. */
  access: readonly string[] | 'anyone' | 'authenticated';
}

/** Nest's own metadata keys, and those of `libs/auth`. */
const keys = { path: 'path', method: 'method', roles: 'sallyport:roles', public: 'sallyport:public' };

type Class = (new (...args: never[]) => object) & { name: string };

function controllerFiles(root: string): { service: string; file: string }[] {
  const below = (folder: string) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.controller.ts'))
      .sort();
  return [
    ...below('libs/boot').map((file) => ({ service: 'every service', file: `libs/boot/${file}` })),
    ...below('services').map((file) => ({
      service: file.split(path.sep)[0] ?? '',
      file: `services/${file}`,
    })),
  ];
}

function endpointsOf(service: string, controller: Class): Endpoint[] {
  const prefix = Reflect.getMetadata(keys.path, controller) as string | undefined;
  if (prefix === undefined) return [];
  return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
    // Its descriptor: reading a getter would run it.
    const handler = Object.getOwnPropertyDescriptor(controller.prototype, name)?.value as object | undefined;
    if (name === 'constructor' || handler === undefined) return [];
    const method = Reflect.getMetadata(keys.method, handler) as number | undefined;
    if (method === undefined) return [];
    const own = (key: string): unknown =>
      Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
    const access =
      own(keys.public) === true ? 'anyone' : ((own(keys.roles) as string[] | undefined) ?? 'authenticated');
    const full = `/${[prefix, Reflect.getMetadata(keys.path, handler) as string].join('/')}`;
    const clean = full.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
    return [{ service, method: RequestMethod[method] ?? '', path: clean, access }];
  });
}

async function endpoints(root: string): Promise<Endpoint[]> {
  const found: Endpoint[] = [];
  for (const { service, file } of controllerFiles(root)) {
    const module = (await import(pathToFileURL(path.join(root, file)).href)) as Record<string, unknown>;
    for (const value of Object.values(module))
      if (typeof value === 'function') found.push(...endpointsOf(service, value as Class));
  }
  return found;
}

/** `docs/roles.md`: which role opens which endpoint, from the controllers' own decorators. */
export async function rolesTable(root: string): Promise<string> {
  const rows = (await endpoints(root)).map(({ service, method, path: route, access }) => {
    const cells = roles.map((role) => (typeof access !== 'string' && access.includes(role) ? '✓' : ''));
    const others = access === 'anyone' ? 'anyone' : access === 'authenticated' ? 'any valid token' : '';
    return `| ${service} | \`${method} ${route}\` | ${cells.join(' | ')} | ${others} |`;
  });
  return [
    '<!-- Generated from the controllers by `npm run generate`. -->',
    '# Roles and endpoints',
    '',
    'Roles come from groups in `sallyport.yaml`. ✓: this role is enough. Being allowed in is the first question only: an',
    'approver sees and decides what their groups may decide, a requester sees their own requests. The routes of the client',
    'protocols on ingress take any valid token; rules decide about the request. The pages of approval (no `/v1` in their path)',
    'lead anyone to a login; what they show and do they ask of the endpoints here, with the token of who is logged in.',
    '',
    `| service | endpoint | ${roles.join(' | ')} | others |`,
    `|---|---|${roles.map(() => '---|').join('')}---|`,
    ...rows,
    '',
  ].join('\n');
}
