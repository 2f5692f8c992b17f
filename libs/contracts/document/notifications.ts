import { z } from 'zod';
import { Duration, distinct, durationMs, HttpUrl, Name, SecretReference } from './scalars.ts';

/** What people and programs are told of. */
export const notificationKinds = [
  /** Something waits for them. */
  'waiting',
  /** It still waits: the clock says so, or the requester asks. */
  'reminded',
  /** It waits for another group as well. */
  'escalated',
  /** It was changed; earlier votes don't count any more. */
  'edited',
  /** It ended: approved, rejected, expired, cancelled, denied, revoked or stopped. */
  'decided',
  /** Somebody approved alone; others have to look at it. */
  'review_needed',
] as const;
export const NotificationKind = z.enum(notificationKinds);
export type NotificationKind = z.infer<typeof NotificationKind>;

/** How much of the content a notification carries. `masked`: as `approvals.shownAs` shows it. */
export const NotifiedContent = z.enum(['none', 'masked', 'full']);
export type NotifiedContent = z.infer<typeof NotifiedContent>;

/** What a group's addresses hear of, where the group doesn't say. */
export const groupKinds: readonly NotificationKind[] = [
  'waiting',
  'reminded',
  'escalated',
  'edited',
  'review_needed',
];

const Host = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,253}[A-Za-z0-9])?$/, 'expected a host name');

/** Messages by SMTP (RFC 5321) to the groups' addresses. */
export const EmailChannel = z.strictObject({
  from: z.email(),
  content: NotifiedContent.default('none'),
  /** Whether people hear at the address in their token: the requester of the outcome, voters of an edit. */
  people: z.boolean().default(false),
  server: z
    .strictObject({
      host: Host,
      port: z.number().int().min(1).max(65_535).default(587),
      /** `starttls`: refused where the server offers none; `implicit`: from the first byte (RFC 8314); `none`: in clear. */
      tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
      username: z.string().min(1).max(255).optional(),
      secret: SecretReference.optional(),
    })
    .refine(
      ({ username, secret }) => (username === undefined) === (secret === undefined),
      'expected username and secret together',
    ),
});
export type EmailChannel = z.infer<typeof EmailChannel>;

/** Calls of another program's URL: signed as Standard Webhooks says, or as Slack's incoming webhooks want it. */
export const WebhookChannel = z
  .strictObject({
    name: Name,
    /** The URL, or (where knowing it is enough to post, as with Slack's) a reference to it. */
    url: z.union([HttpUrl, SecretReference]),
    format: z.enum(['standard', 'slack']).default('standard'),
    content: NotifiedContent.default('none'),
    /** Only of requests that these groups decide. */
    groups: distinct(Name).optional(),
    /** Only of these kinds. */
    kinds: distinct(NotificationKind).optional(),
    /** Standard Webhooks secrets (`whsec_…`); two while rotating. */
    secrets: distinct(SecretReference, 2).optional(),
  })
  .refine(
    ({ format, secrets }) => (format === 'standard') === (secrets !== undefined),
    'expected secrets with format standard, and none with slack',
  );
export type WebhookChannel = z.infer<typeof WebhookChannel>;

const maxTimeoutMs = 60_000;

/** How messages are sent, by e-mail or webhook. */
export const Delivering = z.strictObject({
  /** Pauses after failed attempts, each varied by a fifth; after the last one it is given up. */
  retry: z.array(Duration).max(20).default(['5s', '1m', '5m', '30m', '2h', '5h', '10h']),
  timeout: Duration.default('10s').refine((text) => durationMs(text) <= maxTimeoutMs, 'expected at most 60s'),
  /** Networks that webhooks may reach though they are not public, in CIDR notation (RFC 4632). */
  privateNetworks: distinct(z.union([z.cidrv4(), z.cidrv6()])).optional(),
  /** How long deliveries that ended are listed. */
  keep: Duration.default('30d'),
});
export type Delivering = z.infer<typeof Delivering>;
