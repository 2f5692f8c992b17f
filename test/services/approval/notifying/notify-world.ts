import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { DeliveryView } from '#contracts';
import { eventually, runSallyport } from '#testing';
import { type ApprovalWorld, startApprovalWorld } from '../approval-world.ts';
import {
  type Call,
  type HookReceiver,
  type Mail,
  type MailServer,
  startHookReceiver,
  startMailServer,
} from './receivers.ts';

export const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
export const [oldSecret, newSecret] = [secretOf(1), secretOf(2)];
export const slow = { timeoutMs: 40_000 };
export const person = { name: 'Carol Costa', email: 'carol@people.test' };

const standardAt =
  (hooks: HookReceiver) =>
  (name: string, rest: object = {}) => ({
    ...{ name, url: `${hooks.url}/${name}`, secrets: [`\${file:new-secret}`], ...rest },
  });

const approvals = (hooks: HookReceiver, mail: MailServer, standard = standardAt(hooks)) => ({
  groups: {
    security: { claim: 'security', addresses: ['security@groups.test'] },
    platform: { claim: 'platform' },
    leads: { members: ['bob'] },
  },
  shownAs: 'standard',
  breakGlass: { group: 'leads', reviewers: 1 },
  email: {
    from: 'sallyport@gateway.test',
    people: true,
    server: {
      host: '127.0.0.1',
      port: mail.port,
      tls: 'none',
      username: 'gate',
      secret: `\${file:smtp-password}`,
    },
  },
  webhooks: [
    standard('all', { secrets: [`\${file:old-secret}`, `\${file:new-secret}`] }),
    standard('flaky', { kinds: ['waiting'] }),
    standard('gone', { kinds: ['waiting'] }),
    standard('stuck', { kinds: ['waiting', 'decided'] }),
    standard('platform', { groups: ['platform'] }),
    standard('masked', { content: 'masked', kinds: ['waiting'] }),
    standard('full', { content: 'full', kinds: ['waiting'] }),
    { name: 'slack', format: 'slack', url: `\${file:slack-url}`, kinds: ['waiting'] },
    { ...standard('private'), url: `http://127.0.0.2:${hooks.port}/private` },
    { ...standard('metadata'), url: 'http://169.254.169.254/latest/meta-data' },
  ],
  delivery: { retry: ['100ms', '100ms', '100ms'], timeout: '2s', privateNetworks: ['127.0.0.1/32'] },
});

const rules = [
  { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
  { name: 'secrets', prompt: { keywords: ['password'] }, effect: 'hold', approval: { all: { security: 1 } } },
  { name: 'both', prompt: { keywords: ['twofold'] }, effect: 'hold', approval: { all: { security: 2 } } },
  {
    name: 'machines',
    prompt: { keywords: ['mainframe'] },
    effect: 'hold',
    approval: { all: { platform: 1 } },
  },
];

/** Approval with receivers of everything that it tells. */
export let world: ApprovalWorld;
export let hooks: HookReceiver;
export let mail: MailServer;

export async function openWorld(): Promise<void> {
  hooks = await startHookReceiver();
  mail = await startMailServer('gate', 'mail-password-of-the-gate');
  world = await startApprovalWorld({
    rules,
    approvals: approvals(hooks, mail),
    masking: { profiles: { standard: { packs: ['core'] } } },
  });
  const dir = world.secrets.dirOf('approval');
  await Promise.all([
    writeFile(join(dir, 'old-secret'), oldSecret),
    writeFile(join(dir, 'new-secret'), newSecret),
    writeFile(join(dir, 'slack-url'), `${hooks.url}/slack\n`),
    writeFile(join(dir, 'smtp-password'), 'mail-password-of-the-gate'),
  ]);
}

export async function closeWorld(): Promise<void> {
  await world?.database.end().catch(() => undefined);
  await world?.stop();
  await hooks?.stop();
  await mail?.stop();
}

/** What a webhook was called about. */
export const typeOf = ({ json }: Call): string => json.type;

/** The kinds that a webhook heard of, each message once, as receivers count them: by id. */
export function told(path: string, approvalId: string): string[] {
  const messages = new Map(
    hooks.of(path, approvalId).map((call) => [call.headers['webhook-id'], typeOf(call)]),
  );
  return [...messages.values()].sort();
}

/** Letters to an address about a request, each once. */
export function letters(address: string, requestId: string): Mail[] {
  const found = mail.of(address, requestId).map((one) => [one.headers['message-id']?.[0], one] as const);
  return [...new Map(found).values()];
}

/** Deliveries of one approval that are over, by channel and kind. */
export async function settled(id: string, least: number): Promise<DeliveryView[]> {
  return eventually(async () => {
    const { notifications } = await world.show(id, 'erin');
    expect(notifications.length).toBeGreaterThanOrEqual(least);
    expect(notifications.filter(({ state }) => state === 'waiting')).toEqual([]);
    return notifications;
  }, slow);
}

export async function deliveryOf(id: string, channel: string, kind = 'waiting'): Promise<DeliveryView> {
  const found = (await world.show(id, 'erin')).notifications.find(
    (one) => one.channel === channel && one.kind === kind,
  );
  if (!found) throw new Error(`${channel} has no ${kind} of ${id}`);
  return found;
}

export const resend = (id: string, user = 'erin') =>
  world.call<DeliveryView>(user, 'POST', `/v1/notifications/${id}/resend`);

/** What `sallyport notifications …` prints in a process of its own, as an admin. */
export async function sallyport(...args: string[]): Promise<string> {
  return (await runSallyport(world, 'erin', 'notifications', ...args)).out;
}
