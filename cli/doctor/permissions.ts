import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { events, type ServiceName, serviceNames } from '#contracts';
import { permissionsOf } from '#messaging';
import type { Finding, Surroundings } from './finding.ts';

/** Whether a subject is covered by an allow-list with NATS' wildcards. */
export function covers(allowed: readonly string[], subject: string): boolean {
  return allowed.some((pattern) => {
    const wanted = pattern.split('.');
    const given = subject.split('.');
    if (wanted.at(-1) === '>')
      return wanted.slice(0, -1).every((token, k) => token === '*' || token === given[k]);
    return wanted.length === given.length && wanted.every((token, k) => token === '*' || token === given[k]);
  });
}

/** What a service must not publish: others' events, frames, streams' administration, the road around the allow-list. */
export function forbiddenTo(service: ServiceName): string[] {
  const { publish } = permissionsOf(service);
  const subjects = [
    ...events.map((event) => event.subject(...event.tokens.map(() => 'doctor'))),
    'frame.doctor.doctor',
    '$JS.API.STREAM.DELETE.EVENTS',
    '$JS.API.STREAM.UPDATE.EVENTS',
    '$JS.API.CONSUMER.CREATE.EVENTS',
    '$JS.API.DIRECT.GET.EVENTS',
    '$KV.config.active',
    '$KV.runs.doctor',
  ];
  return subjects.filter((subject) => !covers(publish, subject));
}

/** Tries with every service's own credential what it must not do. Each attempt has to be refused by the server. */
export async function checkPermissions({ stateDir, natsUrl }: Surroundings): Promise<Finding[]> {
  return Promise.all(serviceNames.map((service) => tryForbidden(service, stateDir, natsUrl)));
}

async function tryForbidden(service: ServiceName, stateDir: string, natsUrl: string): Promise<Finding> {
  const check = `permissions of ${service}`;
  try {
    const password = await readFile(join(stateDir, 'secrets', service, 'nats-password'), 'utf8');
    const nc = await connect({
      servers: natsUrl,
      user: service,
      pass: password.trim(),
      inboxPrefix: `_INBOX_${service}`,
      reconnect: false,
      timeout: 3000,
    });
    const refused = new Set<string>();
    const listening = (async () => {
      for await (const status of nc.status()) {
        if (status.type !== 'error') continue;
        const [, subject] = /Publish to "([^"]+)"/i.exec(status.error.message) ?? [];
        if (subject !== undefined) refused.add(subject);
      }
    })();
    const attempts = forbiddenTo(service);
    for (const subject of attempts) nc.publish(subject);
    await nc.flush();
    await nc.close();
    await listening;
    const let_through = attempts.filter((subject) => !refused.has(subject));
    if (let_through.length === 0) {
      return { check, verdict: 'ok', detail: `${attempts.length} forbidden publications tried, all refused` };
    }
    const remedy = 'load the authorization block that deploy/ generates into the NATS server';
    return { check, verdict: 'problem', detail: `the server let through: ${let_through.join(', ')}`, remedy };
  } catch (error) {
    const detail = `could not be tried: ${(error as Error).message}`;
    return {
      check,
      verdict: 'problem',
      detail,
      remedy: 'start Sallyport first, or name its --state-dir and --nats-url',
    };
  }
}
