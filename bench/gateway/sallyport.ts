import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { serviceNames, streams } from '#contracts';
import { consumers, topologyUser } from '#messaging';
import { eventually, startWorld } from '#testing';
import { bodyOf, type Contender, type Kind } from './contenders.ts';

const models: Record<Kind, string> = { json: 'bench', stream: 'bench', 'masked stream': 'bench-masked' };

/** A policy with one model that passes as it is and one whose answers are masked. */
const policy = (issuer: string, upstream: string): string => `
version: 1
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
connections:
  plain: { baseUrl: "${upstream}", models: [bench], concurrency: 256 }
  masked: { baseUrl: "${upstream}", aliases: { bench-masked: bench }, concurrency: 256 }
rules:
  - { name: plain, match: { connections: [plain] }, effect: allow }
  - { name: masked, match: { connections: [masked] }, effect: allow, mask: { answer: standard } }
  - name: sensitive-words
    match: { groups: [contractors] }
    prompt: { keywords: [password, API key, customer data] }
    effect: hold
    approval: { all: { security: 1 } }
masking: { profiles: { standard: { packs: [core, secrets] } } }
approvals: { groups: { security: { claim: security } } }
`;

/** Sallyport as it is: five processes, NATS with its allow-lists, Postgres that syncs to disk, the ledger written. */
export async function startSallyport(upstream: string): Promise<Contender> {
  const world = await startWorld({ durable: true, config: ({ issuer }) => policy(issuer, upstream) });
  await world.startServices();
  const nc = await connect({
    servers: world.natsUrl,
    user: topologyUser,
    pass: world.secrets.natsPasswords[topologyUser] ?? '',
    inboxPrefix: `_INBOX_${topologyUser}`,
  });
  const manager = await jetstreamManager(nc);
  const token = await world.idp.mint({ user: 'carol', expiresInSeconds: 7200 });
  const recorded = async (): Promise<void> => {
    const { num_pending, num_ack_pending } = await manager.consumers.info(streams.events, consumers.auditAll);
    if (num_pending > 0 || num_ack_pending > 0)
      throw new Error(`${num_pending + num_ack_pending} events to record`);
  };
  return {
    name: 'Sallyport',
    kinds: ['json', 'stream', 'masked stream'],
    pids: [...serviceNames.map((name) => world.service(name).pid), ...world.serverPids],
    shot: (kind, prompt) => ({
      url: `${world.urlOf('ingress')}/v1/chat/completions`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: bodyOf(models[kind], prompt, kind !== 'json'),
    }),
    settled: () => eventually(recorded, { timeoutMs: 120_000, everyMs: 10 }),
    stop: async () => {
      await nc.close();
      await world.stop();
    },
  };
}
