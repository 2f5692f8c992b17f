import { natsAuthorization } from '#messaging';

/** The `authorization` block of nats-server's configuration; passwords come from the server's environment. */
export function brokerAuthorization(): string {
  return `# Generated from libs/messaging/permissions.ts by \`npm run generate\`. Don't edit.\n${natsAuthorization()}`;
}
