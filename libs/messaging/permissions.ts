import {
  accessDenied,
  answerRestored,
  approvalDecided,
  approvalEdited,
  approvalRequested,
  type BucketName,
  bodiesStore,
  buckets,
  configActivated,
  configKeys,
  contentDropped,
  contentErased,
  contentHeld,
  contentRead,
  contentRevealed,
  gatewayKeyChanged,
  grantUsed,
  principalFrozen,
  requestAttached,
  requestCancelled,
  requestCompleted,
  requestJustified,
  requestNudged,
  requestReceived,
  requestReleased,
  responseDeleted,
  type ServiceName,
  serviceNames,
  streams,
} from '#contracts';
import { consumerSpecs, consumers, retryConsumer } from './topology.ts';

/** What one NATS user may publish and listen to. Everything else is refused by the server. */
export interface Permissions {
  publish: string[];
  publishDenied: string[];
  subscribe: string[];
}

const { events, frames, deadLetters } = streams;
const objects = `OBJ_${bodiesStore}`;

/** Pull from and ack on one durable consumer. */
const consume = (name: string, stream: string = events): string[] => [
  `$JS.API.CONSUMER.INFO.${stream}.${name}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
  `$JS.ACK.${stream}.${name}.>`,
];

/** Read and watch the stream behind a bucket or the object store. */
const readStream = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.>`,
  `$JS.API.CONSUMER.DELETE.${stream}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
  `$JS.FC.${stream}.>`,
];
const read = (...names: BucketName[]): string[] => names.flatMap((name) => readStream(`KV_${name}`));
const write = (...names: BucketName[]): string[] => names.flatMap((name) => [`$KV.${name}.>`, ...read(name)]);
const readBodies = readStream(objects);
const writeBodies = [`$O.${bodiesStore}.>`, ...readBodies];

const everybody = (service: ServiceName): string[] => [
  '$JS.API.INFO',
  `$JS.API.STREAM.INFO.${events}`,
  `$JS.API.STREAM.MSG.GET.${events}`,
  ...read(buckets.config, buckets.keys),
  `dead.${service}.>`,
  ...consume(retryConsumer(service), deadLetters),
];

const fixedDurables = consumerSpecs()
  .filter(({ stream }) => stream === events)
  .map(({ config }) => config.durable_name);

const own: Record<ServiceName, { publish: string[]; denied?: string[]; live: string[] }> = {
  ingress: {
    publish: [
      ...[
        requestReceived,
        requestCancelled,
        requestAttached,
        responseDeleted,
        answerRestored,
        requestJustified,
        requestNudged,
        accessDenied,
      ].map((event) => event.filter()),
      ...write(buckets.held, buckets.limits),
      `$KV.${buckets.keys}.>`,
      ...writeBodies,
      ...read(buckets.vault),
      `$JS.API.CONSUMER.CREATE.${frames}.*.frame.>`,
      ...['INFO', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${frames}.*`),
      `$JS.API.STREAM.INFO.${frames}`,
      `$JS.API.STREAM.MSG.GET.${frames}`,
      ...consume(consumers.ingressApprovalRequested),
      ...consume(consumers.ingressParked),
    ],
    live: [requestCompleted.liveFilter().replace(/\*$/, '>'), 'live.frame.>'],
  },
  policy: {
    publish: [
      requestReleased.filter('rule'),
      approvalRequested.filter(),
      requestCompleted.filter(),
      configActivated.filter(),
      principalFrozen.filter(),
      gatewayKeyChanged.filter(),
      accessDenied.filter(),
      ...write(buckets.config),
      `$KV.${buckets.keys}.>`,
      ...consume(consumers.policyReceived),
      ...consume(consumers.policyEdited),
      ...consume(consumers.policyDecided),
      ...readBodies,
      ...read(buckets.approved),
    ],
    live: [],
  },
  approval: {
    publish: [
      requestReleased.filter('people'),
      approvalEdited.filter(),
      approvalDecided.filter(),
      requestCompleted.filter('parked'),
      grantUsed.filter(),
      contentRevealed.filter(),
      contentRead.filter(),
      accessDenied.filter(),
      ...write(buckets.runs, buckets.approved),
      `$KV.${buckets.keys}.>`,
      ...writeBodies,
      ...consume(consumers.approvalRequested),
      ...consume(consumers.approvalCancelled),
      ...consume(consumers.approvalParked),
      ...consume(consumers.approvalJustified),
      ...consume(consumers.approvalNudged),
      ...consume(consumers.approvalErased),
    ],
    live: [],
  },
  masking: {
    publish: [
      approvalRequested.filter(),
      requestCompleted.filter(),
      'frame.>',
      ...write(buckets.runs, buckets.vault),
      ...writeBodies,
      `$JS.API.CONSUMER.CREATE.${events}.*.${requestReleased.filter()}`,
      ...['INFO', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${events}.*`),
      `$JS.ACK.${events}.*.>`,
      `$JS.API.STREAM.MSG.GET.${frames}`,
    ],
    // Wildcards match whole tokens, so the others' durables are denied one by one.
    denied: fixedDurables.flatMap((name) => [
      `$JS.API.CONSUMER.CREATE.${events}.${name}.>`,
      ...['INFO', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${events}.${name}`),
      `$JS.ACK.${events}.${name}.>`,
    ]),
    live: [requestCancelled.liveFilter()],
  },
  audit: {
    publish: [
      contentErased.filter(),
      contentHeld.filter(),
      contentDropped.filter(),
      contentRead.filter(),
      contentRevealed.filter(),
      approvalRequested.filter(),
      accessDenied.filter(),
      // How far the ledger reaches, and data keys (create) for people who never asked for anything: approvers.
      `$KV.${buckets.config}.${configKeys.recorded}`,
      `$KV.${buckets.keys}.>`,
      ...[`KV_${buckets.keys}`, `KV_${buckets.vault}`, objects].map(
        (name) => `$JS.API.STREAM.MSG.DELETE.${name}`,
      ),
      `$JS.API.STREAM.PURGE.${events}`,
      `$JS.API.CONSUMER.LIST.${events}`,
      `$JS.API.CONSUMER.INFO.${events}.*`,
      ...consume(consumers.auditAll),
      ...consume(consumers.auditDecided),
      ...readBodies,
      // Values that belong to a person who is erased are found by name, and deleted by sequence.
      `$JS.API.STREAM.INFO.KV_${buckets.vault}`,
      `$JS.API.STREAM.MSG.GET.KV_${buckets.vault}`,
      `$JS.API.STREAM.INFO.${deadLetters}`,
      `$JS.API.STREAM.MSG.GET.${deadLetters}`,
      'dead.*.retry.v1',
    ],
    live: [],
  },
};

/** The allow-list of one service (design: `docs/architecture.md`, tried against a real server in the tests). */
export function permissionsOf(service: ServiceName): Permissions {
  const { publish, denied, live } = own[service];
  return {
    publish: [...new Set([...everybody(service), ...publish])],
    publishDenied: ['$JS.API.DIRECT.GET.>', ...(denied ?? [])],
    subscribe: [`_INBOX_${service}.>`, contentErased.liveFilter(), ...live],
  };
}

/** The user that makes streams, buckets and consumers; used at start and deploy only. */
export const topologyUser = 'topology';

const topologyPermissions: Permissions = {
  publish: ['$JS.API.>', '$JS.ACK.>', '$JS.FC.>'],
  publishDenied: ['$JS.API.DIRECT.GET.>'],
  subscribe: [`_INBOX_${topologyUser}.>`],
};

const list = (subjects: string[]): string =>
  `[${subjects.map((subject) => JSON.stringify(subject)).join(', ')}]`;

/** The environment variable that holds a NATS user's password in the server's environment. */
export function passwordVariable(user: string): string {
  return `SALLYPORT_NATS_${user.toUpperCase()}_PASSWORD`;
}

function renderUser(user: string, password: string, permissions: Permissions): string {
  const { publish, publishDenied, subscribe } = permissions;
  return `    {
      user: ${user}, password: ${password}
      permissions: {
        publish: { allow: ${list(publish)}, deny: ${list(publishDenied)} }
        subscribe: { allow: ${list(subscribe)} }
      }
    }`;
}

/** Every NATS user. */
export const natsUsers: readonly string[] = [...serviceNames, topologyUser];

/**
 * The `authorization` block of the server's configuration: a user for each service and one for the topology.
 * Without `passwords` they stay in the server's environment (`SALLYPORT_NATS_<USER>_PASSWORD`).
 */
export function natsAuthorization(passwords?: Readonly<Record<string, string>>): string {
  const users = natsUsers.map((user) => {
    const password = passwords ? JSON.stringify(passwords[user] ?? '') : `$${passwordVariable(user)}`;
    const service = serviceNames.find((name) => name === user);
    return renderUser(user, password, service ? permissionsOf(service) : topologyPermissions);
  });
  return `authorization {\n  users: [\n${users.join('\n')}\n  ]\n}\n`;
}
