import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { roles, type ServiceName, serviceNames } from '#contracts';
import { startWorld, type World } from '#testing';

interface Row {
  service: ServiceName;
  method: string;
  path: string;
  roles: string[];
  others: string;
}

/** The published table, read as a reader would. */
const rows: Row[] = readFileSync('docs/roles.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| [a-z ]+ \| `/.test(line))
  .flatMap((line) => {
    const [service = '', endpoint = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [method = '', path = ''] = endpoint.replaceAll('`', '').split(' ');
    const held = roles.filter((_, i) => cells[i] === '✓');
    const known = serviceNames.find((name) => name === service);
    return known ? [{ service: known, method, path, roles: held, others: cells.at(-1) ?? '' }] : [];
  });

let world: World;

beforeAll(async () => {
  world = await startWorld({
    config: ({ issuer, upstream }) => {
      const document = parseDocument(readFileSync('sallyport.yaml', 'utf8'));
      document.setIn(['identity', 'issuers', 0, 'issuer'], issuer);
      document.setIn(['connections', 'demo', 'baseUrl'], upstream);
      // One group for each role, so that each is tried alone.
      document.set('roles', Object.fromEntries(roles.map((role) => [role, [`only-${role}`]])));
      return document.toString();
    },
  });
  await world.startServices(['policy', 'ingress', 'approval', 'audit']);
}, 120_000);
afterAll(() => world.stop());

async function call(
  { service, method, path }: Row,
  token?: string,
): Promise<{ status: number; code: string }> {
  const route = path.replace(/:\w+/g, `req-${'0'.repeat(32)}`);
  const abort = new AbortController();
  const response = await fetch(world.urlOf(service) + route, {
    method,
    signal: abort.signal,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(method === 'POST' && { 'content-type': 'application/json' }),
    },
    ...(method === 'POST' && { body: '{}' }),
  });
  const streams = !(response.headers.get('content-type') ?? '').includes('json') && response.ok;
  const text = streams ? '' : await response.text();
  abort.abort();
  return { status: response.status, code: /"code":"([^"]+)"/.exec(text)?.[1] ?? '' };
}

const holderOf = (...held: string[]) =>
  world.idp.mint({ user: 'dave', groups: held.map((role) => `only-${role}`) });

test('the table has every service with endpoints of its own', () => {
  expect([...new Set(rows.map(({ service }) => service))].sort()).toEqual([
    'approval',
    'audit',
    'ingress',
    'policy',
  ]);
});

describe.each(rows.map((row): [string, Row] => [`${row.service} ${row.method} ${row.path}`, row]))(
  '%s',
  (_, row) => {
    test('asks for a token unless it is for anyone', async () => {
      const { status } = await call(row);
      expect(status === 401).toBe(row.others !== 'anyone');
    });

    test('opens for the roles of the table, one by one, and for no other', async () => {
      for (const role of roles) {
        const { code } = await call(row, await holderOf(role));
        const isOpen = row.others !== '' || row.roles.includes(role);
        expect({ role, isOpen: code !== 'access.forbidden' }).toEqual({ role, isOpen });
      }
      const { code } = await call(row, await holderOf());
      expect(code !== 'access.forbidden').toBe(row.others !== '');
    });
  },
);
