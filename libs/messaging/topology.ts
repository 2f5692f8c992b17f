import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  approvalDecided,
  approvalEdited,
  approvalRequested,
  type BucketName,
  bodiesStore,
  buckets,
  contentErased,
  requestCancelled,
  requestCompleted,
  requestJustified,
  requestNudged,
  requestReceived,
  serviceNames,
  streams,
} from '#contracts';
import { retrySubject } from './consuming/dead-letter.ts';

const hourMs = 3_600_000;
/** A consumer's ack-wait; handlers that take longer renew it. */
export const ackWaitMs = 30_000;
const ns = 1_000_000;
/**
 * How long a message id is remembered. Longer than a rule's release is valid (5 min): a stored release that somebody makes
 * the broker store again is then either a duplicate or out of date.
 */
const duplicateWindowMs = 6 * 60_000;

export interface TopologyOptions {
  /** 1 on a single node, 3 in a cluster. */
  replicas: number;
  /** Age limit of EVENTS. */
  eventsAgeMs: number;
  eventsMaxBytes: number;
  framesMaxBytes: number;
}

export const defaultTopology: TopologyOptions = {
  replicas: 1,
  eventsAgeMs: 72 * hourMs,
  eventsMaxBytes: 4 * 1024 ** 3,
  framesMaxBytes: 1024 ** 3,
};

/** The names of all fixed durable consumers, by service. Masking's are made per connection by itself. */
export const consumers = {
  policyReceived: 'policy_received',
  policyEdited: 'policy_edited',
  policyDecided: 'policy_decided',
  approvalRequested: 'approval_requested',
  approvalCancelled: 'approval_cancelled',
  approvalParked: 'approval_parked',
  approvalJustified: 'approval_justified',
  approvalNudged: 'approval_nudged',
  approvalErased: 'approval_erased',
  ingressApprovalRequested: 'ingress_approval_requested',
  ingressParked: 'ingress_parked',
  auditAll: 'audit_all',
  auditDecided: 'audit_decided',
} as const;

/** The durable consumer through which masking gets one connection's releases. */
export function maskingConsumer(connection: string): string {
  return `masking_released_${connection}`;
}

/** The durable consumer through which a service gets dead letters to run again. */
export function retryConsumer(service: string): string {
  return `${service}_retry`;
}

type StreamSpec = Partial<StreamConfig> & { name: string };

const stream = (name: string, rest: Partial<StreamConfig>): StreamSpec => ({
  name,
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  allow_direct: false,
  duplicate_window: duplicateWindowMs * ns,
  ...rest,
});

/** A bucket's stream, as NATS' key-value layer lays it out (ADR-8). */
const bucket = (name: BucketName, rest: Partial<StreamConfig> = {}): StreamSpec =>
  stream(`KV_${name}`, {
    subjects: [`$KV.${name}.>`],
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: false,
    max_bytes: 256 * 1024 ** 2,
    ...rest,
  });

/** All streams, buckets and the object store. */
export function streamSpecs(options: TopologyOptions = defaultTopology): StreamSpec[] {
  const age = options.eventsAgeMs * ns;
  const specs = [
    stream(streams.events, {
      subjects: ['evt.>'],
      max_age: age,
      max_bytes: options.eventsMaxBytes,
      republish: { src: 'evt.live.>', dest: 'live.>' },
    }),
    stream(streams.frames, {
      subjects: ['frame.>'],
      discard: DiscardPolicy.Old,
      max_age: hourMs * ns,
      max_bytes: options.framesMaxBytes,
      republish: { src: 'frame.>', dest: 'live.frame.>' },
    }),
    stream(streams.deadLetters, {
      subjects: ['dead.>'],
      max_age: 14 * 24 * hourMs * ns,
      max_bytes: 1024 ** 3,
    }),
    // Audit may write one key of it: no message of that key empties the others.
    bucket(buckets.config, { allow_rollup_hdrs: false }),
    // Create-only: an overwrite is refused, a create after an erasure works.
    bucket(buckets.keys, { discard_new_per_subject: true, allow_rollup_hdrs: false }),
    bucket(buckets.held, { max_age: age }),
    bucket(buckets.runs, { max_age: age }),
    bucket(buckets.approved, { max_age: 24 * hourMs * ns }),
    // No limit looks back further than a day.
    bucket(buckets.limits, { max_age: 2 * 24 * hourMs * ns }),
    bucket(buckets.vault, { max_age: age }),
    stream(`OBJ_${bodiesStore}`, {
      subjects: [`$O.${bodiesStore}.C.>`, `$O.${bodiesStore}.M.>`],
      allow_rollup_hdrs: true,
      max_age: age,
      max_bytes: options.eventsMaxBytes,
    }),
  ];
  return specs.map((spec) => ({ ...spec, num_replicas: options.replicas }));
}

type ConsumerSpec = Partial<ConsumerConfig> & { durable_name: string; filter_subject: string };

const consumer = (durable: string, filter: string, rest: Partial<ConsumerConfig> = {}): ConsumerSpec => ({
  durable_name: durable,
  filter_subject: filter,
  ack_policy: AckPolicy.Explicit,
  ack_wait: ackWaitMs * ns,
  max_deliver: -1,
  max_ack_pending: 1000,
  deliver_policy: DeliverPolicy.All,
  replay_policy: ReplayPolicy.Instant,
  ...rest,
});

/** The settings of masking's consumer for one connection; `slots` bounds its calls over all replicas. */
export function maskingConsumerSpec(connection: string, filter: string, slots: number): ConsumerSpec {
  return consumer(maskingConsumer(connection), filter, { max_ack_pending: slots });
}

/** The fixed consumers of each stream. */
export function consumerSpecs(): { stream: string; config: ConsumerSpec }[] {
  const fixed: ConsumerSpec[] = [
    consumer(consumers.policyReceived, requestReceived.filter()),
    consumer(consumers.policyEdited, approvalEdited.filter()),
    consumer(consumers.policyDecided, approvalDecided.filter('change')),
    consumer(consumers.approvalRequested, approvalRequested.filter()),
    consumer(consumers.approvalCancelled, requestCancelled.filter()),
    consumer(consumers.approvalParked, requestCompleted.filter('parked')),
    consumer(consumers.approvalJustified, requestJustified.filter()),
    consumer(consumers.approvalNudged, requestNudged.filter()),
    consumer(consumers.approvalErased, contentErased.filter()),
    consumer(consumers.ingressApprovalRequested, approvalRequested.filter()),
    consumer(consumers.ingressParked, requestCompleted.filter('parked')),
    consumer(consumers.auditAll, 'evt.>', { ack_policy: AckPolicy.All, max_ack_pending: 20_000 }),
    consumer(consumers.auditDecided, approvalDecided.filter('change')),
  ];
  return [
    ...fixed.map((config) => ({ stream: streams.events as string, config })),
    ...serviceNames.map((service) => ({
      stream: streams.deadLetters as string,
      config: consumer(retryConsumer(service), retrySubject(service)),
    })),
  ];
}

/** What the server made of a setting we asked for. Older servers drop fields they don't know without a word. */
function assertTaken(name: string, asked: object, got: object): void {
  for (const [key, value] of Object.entries(asked)) {
    const actual = (got as Record<string, unknown>)[key];
    if (value === false && actual === undefined) continue;
    if (JSON.stringify(actual) !== JSON.stringify(value)) {
      throw new Error(
        `${name}: the server did not take ${key} = ${JSON.stringify(value)} (is it 2.10 or newer?)`,
      );
    }
  }
}

async function applyStream(manager: JetStreamManager, spec: StreamSpec): Promise<void> {
  const exists = await manager.streams.info(spec.name).catch(() => null);
  const info = exists
    ? await manager.streams.update(spec.name, spec)
    : await manager.streams.add(spec as StreamSpec & { name: string });
  assertTaken(spec.name, spec, info.config);
}

/** JetStream error 10148: there is one of this name with other settings. */
const isOther = (error: unknown): boolean => (error as { code?: unknown }).code === 10148;

async function applyConsumer(manager: JetStreamManager, name: string, config: ConsumerSpec): Promise<void> {
  await manager.consumers.add(name, config).catch((error: unknown) => {
    if (!isOther(error)) throw error;
    return manager.consumers.update(name, config.durable_name, config);
  });
  // Asked for anew: the first answer about a consumer that the server restored from disk is what it restored.
  assertTaken(config.durable_name, config, (await manager.consumers.info(name, config.durable_name)).config);
}

/**
 * Makes every stream, bucket and fixed consumer, or brings them up to date, with the `topology` credential, and reads
 * back what the server took. Throws with the setting's name where it took less.
 */
export async function applyTopology(
  server: { url: string; user: string; password: string },
  options: TopologyOptions = defaultTopology,
): Promise<void> {
  const { url, user, password: pass } = server;
  const nc = await connect({ servers: url.split(','), user, pass, inboxPrefix: `_INBOX_${user}` });
  try {
    const manager = await jetstreamManager(nc);
    for (const spec of streamSpecs(options)) await applyStream(manager, spec);
    for (const { stream: name, config } of consumerSpecs()) await applyConsumer(manager, name, config);
  } finally {
    await nc.close();
  }
}
