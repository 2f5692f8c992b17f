import { serviceNames } from '#contracts';
import { permissionsOf } from '#messaging';
import { allEvents, consumersOf, listenersOf, publishersOf } from './flow.ts';

const cell = (values: readonly string[]): string =>
  values.length === 0 ? '–' : [...new Set(values)].map((value) => `\`${value}\``).join('<br>');

function eventTable(): string {
  const rows = allEvents.map((event) => {
    const published = publishersOf(event).map(({ service, filter }) =>
      filter === event.filter() ? service : `${service}: ${filter}`,
    );
    const consumed = consumersOf(event).map(({ consumer }) => consumer);
    return `| \`${event.filter()}\` | ${cell(published)} | ${cell(consumed)} | ${cell(listenersOf(event))} |`;
  });
  return ['| event | may publish | durable consumers | heard live by |', '|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function serviceSection(service: (typeof serviceNames)[number]): string {
  const { publish, publishDenied, subscribe } = permissionsOf(service);
  const list = (values: readonly string[]) => values.map((value) => `- \`${value}\``).join('\n');
  return [
    `### ${service}`,
    '',
    'May publish:',
    '',
    list(publish),
    '',
    'Never, whatever the list above says:',
    '',
    list(publishDenied),
    '',
    'May listen to:',
    '',
    list(subscribe),
  ].join('\n');
}

/** `docs/permissions.md`: who may say and hear what on the broker. */
export function permissionsTable(): string {
  return [
    '<!-- Generated from libs/messaging/permissions.ts by `npm run generate`. -->',
    '# Permissions on the broker',
    '',
    'Each service has its own NATS user, and the server refuses everything that is not on its list: an event of another',
    "service, another's consumer, another's inbox. The lists are part of the broker's configuration",
    '(`deploy/nats/authorization.conf`), made from the same code as this page. Why each line is as it is:',
    '[architecture](architecture.md#permissions).',
    '',
    '## Events',
    '',
    eventTable(),
    '',
    '## Services',
    '',
    ...serviceNames.map((service) => `${serviceSection(service)}\n`),
  ].join('\n');
}
