import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { ServiceName } from '#contracts';
import { requestLocalToken } from '#embedded';
import { Bus } from '#messaging';
import { startWorld } from '#testing';
import { type EchoServer, startEchoServer } from './echo-server.ts';

/** A Sallyport to type into, and the folder that holds every byte it keeps. */
export interface Setting {
  readonly dir: string;
  readonly issuer: string;
  /** Content can be masked reversibly, copies go to files, and webhooks are told the content. */
  readonly hasEverything: boolean;
  urlOf(service: ServiceName): string;
  tokenFor(user: string): Promise<string>;
  /** A connection with a service's rights. */
  bus(user: ServiceName): Promise<Bus>;
  /** A file of a service's secrets directory. */
  secret(service: ServiceName, file: string): Promise<string>;
  /** Has the database write what it holds in memory to its files, where that can be asked for. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const policy = (issuer: string, { url, port }: EchoServer): string => `
version: 1
roles: { admin: [admin], approver: [security], auditor: [security] }
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
connections:
  demo: { baseUrl: "${url}", models: [demo], protocols: [openai-chat, openai-responses] }
rules:
  - { name: everybody, effect: allow, mask: { request: standard, answer: standard } }
  - { name: passwords, effect: hold, prompt: { keywords: [password] }, approval: { all: { security: 1 } } }
masking: { profiles: { standard: { packs: [core, secrets], vault: { scope: conversation } } } }
approvals:
  groups: { security: { claim: security } }
  webhooks: [{ name: told, url: "http://127.0.0.1:${port}/told", secrets: ["\${file:hook-secret}"], content: full }]
  delivery: { privateNetworks: ["127.0.0.1/32"] }
sinks: [{ name: disk, kind: files, directory: ledger, every: 1s, personal: true }]
`;

/** One of its own, in a temporary folder, on free ports, with everything that keeps anything. */
export async function openOwnSetting(): Promise<Setting> {
  const echo = await startEchoServer();
  const world = await startWorld({ config: ({ issuer }) => policy(issuer, echo) });
  const secret = async (service: ServiceName, file: string) =>
    (await readFile(join(world.secrets.dirOf(service), file), 'utf8')).trim();
  const hookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  await writeFile(join(world.secrets.dirOf('approval'), 'hook-secret'), hookSecret);
  const stop = async () => {
    await world.stop();
    await echo.stop();
  };
  try {
    await world.startServices();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ dir: world.dir, issuer: world.idp.issuer, hasEverything: true, secret, stop },
    ...{ urlOf: world.urlOf, tokenFor: world.tokenFor, bus: world.bus },
    flush: async () => {
      const client = new pg.Client({ connectionString: world.superuserUrl });
      await client.connect();
      await client.query('checkpoint').finally(() => client.end());
    },
  };
}

/** Where a running `npm start` is. */
export interface RunningAt {
  readonly stateDir: string;
  readonly issuer: string;
  readonly natsUrl: string;
  readonly urls: Readonly<Record<'ingress' | 'approval' | 'audit', string>>;
}

/** The one that runs. Throws where it doesn't. */
export async function openRunningSetting({ stateDir, issuer, natsUrl, urls }: RunningAt): Promise<Setting> {
  const buses: Bus[] = [];
  const secret = async (service: ServiceName, file: string) =>
    (await readFile(join(stateDir, 'secrets', service, file), 'utf8')).trim();
  for (const url of Object.values(urls)) {
    await fetch(`${url}/readyz`).catch((cause: unknown) => {
      throw new Error(`nothing answers at ${url}: start it with npm start, or leave --running out`, {
        cause,
      });
    });
  }
  return {
    ...{ dir: stateDir, issuer, hasEverything: false, secret },
    urlOf: (service) => urls[service as 'ingress'],
    tokenFor: async (user) => (await requestLocalToken(issuer, join(stateDir, 'identity'), user)).accessToken,
    bus: async (user) => {
      const bus = await Bus.connect({ url: natsUrl, user, password: await secret(user, 'nats-password') });
      buses.push(bus);
      return bus;
    },
    flush: async () => undefined,
    stop: async () => void (await Promise.all(buses.map((bus) => bus.close()))),
  };
}
