import { type EventDefinition, events, requestReleased, type ServiceName, serviceNames } from '#contracts';
import { consumerSpecs, permissionsOf } from '#messaging';

/** True where a permission, filter or subscription (with `*` and `>`) takes in every subject of `filter`. */
export function covers(pattern: string, filter: string): boolean {
  const [wide, narrow] = [pattern.split('.'), filter.split('.')];
  for (const [i, token] of wide.entries()) {
    if (token === '>') return narrow.length > i;
    if (narrow[i] === undefined) return false;
    if (token !== '*' && token !== narrow[i]) return false;
  }
  return wide.length === narrow.length;
}

/** True where some subject matches both. */
export function overlaps(a: string, b: string): boolean {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; ; i++) {
    const [x, y] = [left[i], right[i]];
    if (x === undefined || y === undefined) return x === y;
    if (x === '>' || y === '>') return true;
    if (x !== '*' && y !== '*' && x !== y) return false;
  }
}

/** One service's part in an event. */
export interface Part {
  service: ServiceName;
  /** The subjects, as a filter. */
  filter: string;
}

/** Who may publish an event, and on which of its subjects. */
export function publishersOf(event: EventDefinition): Part[] {
  return serviceNames.flatMap((service) =>
    permissionsOf(service)
      .publish.filter((pattern) => overlaps(pattern, event.filter()))
      .map((filter) => ({ service, filter })),
  );
}

/** The durable consumers that get an event. Masking's, one for each connection, are made by itself. */
export function consumersOf(event: EventDefinition): (Part & { consumer: string })[] {
  const fixed = consumerSpecs()
    .filter(({ config }) => overlaps(config.filter_subject, event.filter()))
    .map(({ config }) => ({ consumer: config.durable_name, filter: config.filter_subject }))
    .flatMap((entry) => {
      const service = serviceNames.find((name) => entry.consumer.startsWith(`${name}_`));
      return service === undefined ? [] : [{ ...entry, service }];
    });
  if (event.name !== requestReleased.name) return fixed;
  const own = { service: 'masking' as const, consumer: 'masking_released_<connection>' };
  return [...fixed, { ...own, filter: event.filter('*', '{connection}') }];
}

/** The services that hear an event live, once it is stored. */
export function listenersOf(event: EventDefinition): ServiceName[] {
  if (!event.live) return [];
  return serviceNames.filter((service) =>
    permissionsOf(service).subscribe.some((pattern) => covers(pattern, event.liveFilter())),
  );
}

/** Every event, as one list of the widest type. */
export const allEvents: readonly EventDefinition[] = events;
