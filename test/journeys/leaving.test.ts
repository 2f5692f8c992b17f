import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { buckets, type SessionList, serviceNames } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { seeded, sendAndLeave, wireOf } from './leaver.ts';
import { chat, clientOf, textOf } from './people.ts';

const seed = Number(process.env.SEED ?? 20_261_123);
const leaves = process.env.LONG ? 5000 : 240;
const atOnce = 6;
/** More leave than may be open at once: what one of them kept would be missing in the end. */
const maxOpenRequests = 24;

let world: World;
const ended: string[] = [];
const tokens: Record<string, string> = {};

beforeAll(async () => {
  world = await startWorld({
    config: ({ issuer, upstream }) =>
      JSON.stringify({
        version: 1,
        roles: {
          admin: ['admin'],
          'policy-author': ['admin'],
          approver: ['security'],
          auditor: ['security'],
        },
        identity: { issuers: [{ issuer, audience: 'sallyport', groups: { claim: 'groups' } }] },
        connections: { demo: { baseUrl: upstream, models: ['demo'] } },
        rules: [
          { name: 'all', match: { connections: ['demo'] }, effect: 'allow', mask: { answer: 'standard' } },
          {
            ...{ name: 'held', match: { connections: ['demo'] }, effect: 'hold', reason: 'It is looked at.' },
            ...{ prompt: { keywords: ['password'] }, approval: { all: { security: 1 } } },
          },
        ],
        masking: { profiles: { standard: { packs: ['core'] } } },
        approvals: { groups: { security: { claim: 'security' } } },
        ingress: { maxOpenRequests },
      }),
  });
  await world.startServices();
  for (const name of serviceNames) void world.service(name).exited.then(() => ended.push(name));
  for (const user of ['alice', 'carol', 'erin']) tokens[user] = await world.tokenFor(user);
}, 120_000);
afterAll(() => world?.stop());

const by = (user: string) => ({ authorization: `Bearer ${tokens[user]}` });
const posted = (user: string) => ({ ...by(user), 'content-type': 'application/json' });
const get = (path: string, user: string) => wireOf('GET', path, by(user));

/** What somebody may ask, and leave. */
function requestsOf(n: number): readonly (readonly [(typeof serviceNames)[number], string])[] {
  const asks = (text: string, more: object = {}, headers = {}) =>
    wireOf(
      'POST',
      '/v1/chat/completions',
      { ...posted('carol'), ...headers },
      JSON.stringify({ ...chat(`${text} ${n}`), ...more }),
    );
  const broken = { ...posted('carol'), 'transfer-encoding': 'chunked' };
  return [
    ['ingress', asks('hello')],
    ['ingress', asks('hello', { stream: true })],
    ['ingress', asks('the password', { stream: true })],
    ['ingress', asks('the password')],
    ['ingress', asks('hello', { stream: true }).repeat(3)],
    ['ingress', asks('hello', {}, { expect: '100-continue' })],
    ['ingress', asks('hello').replace('HTTP/1.1', 'HTTP/1.0')],
    ['ingress', `${wireOf('POST', '/v1/chat/completions', broken)}5\r\n{"mod\r\nzz\r\n`],
    ['ingress', `GET /v1/models HTTP/1.1\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['approval', get('/v1/approvals/events', 'alice')],
    ['approval', get('/v1/approvals/events', 'alice').repeat(2)],
    ['approval', get('/v1/approvals', 'alice')],
    ['approval', wireOf('GET', '/approvals/changes')],
    ['audit', get('/v1/export', 'alice')],
    ['audit', get('/v1/recorded', 'alice')],
    ['audit', get('/v1/export', 'alice').replace('GET', 'HEAD')],
    ['policy', wireOf('POST', '/v1/revisions/validate', posted('erin'), '{"files":[]}')],
    ['policy', get('/v1/revisions', 'erin')],
    ['masking', get('/docs/swagger-ui-bundle.js', 'erin')],
    ['masking', '\x16\x03\x01 no request at all'],
  ];
}

async function leaveOften(): Promise<void> {
  const random = seeded(seed);
  let left = leaves;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const requests = requestsOf(left);
      const [service, text] = requests[Math.floor(random() * requests.length)] ?? ['ingress', ''];
      await sendAndLeave(world.ports[service], text, random);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
}

/** Says what is no event, entry or change wherever services listen. */
async function sayWhatNobodyReads(): Promise<void> {
  await (await (await world.bus('ingress')).bucket(buckets.held)).put('req-1', 'no JSON');
  await (await (await world.bus('approval')).bucket(buckets.runs)).put('req-1.prompt.1', 'no JSON');
  const client = new pg.Client({
    connectionString: world.superuserUrl.replace(/\/[^/]*$/, '/sallyport'),
  });
  await client.connect();
  await client.query(`select pg_notify('approval_changes', 'no JSON')`);
  await client.end();
}

async function call<T>(service: 'approval' | 'audit', path: string, body?: object): Promise<T> {
  const response = await fetch(`${world.urlOf(service)}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: body ? posted('alice') : by('alice'),
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${world.urlOf('ingress')}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (.+)$`, 'm').exec(text)?.[1]);
};

interface Line {
  level?: number;
  err?: { name?: string };
}

/** What a service logged as its own failure. A database that is slow on a busy machine is none of these. */
async function failuresOf(service: (typeof serviceNames)[number]): Promise<string[]> {
  const lines = (await readFile(world.service(service).logFile, 'utf8')).split('\n');
  return lines.filter((line) => {
    if (!line.startsWith('{')) return /MaxListeners|Unhandled|Error:/.test(line);
    const { level = 0, err } = JSON.parse(line) as Line;
    return level >= 50 && err?.name !== 'MissingDependencyError';
  });
}

test('callers who leave at any moment end no service, and leave nothing behind', async () => {
  world.upstream.answer({ pieces: ['one ', 'two ', 'three'], before: () => new Promise(setImmediate) });
  await sayWhatNobodyReads();
  await leaveOften();
  expect(ended).toEqual([]);
  // They hear what comes after what could not be read.
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  const stream = await client.chat.completions.create({ ...chat('hello, at last'), stream: true });
  expect(await textOf(stream)).toBe('one two three');
  await eventually(async () => expect(await metric('sallyport_clients_waiting')).toBe(0));
  await eventually(
    async () => {
      await call('approval', '/v1/approvals/reject', { reason: 'Nobody waits.', connection: 'demo' });
      const open = await call<SessionList>('audit', '/v1/sessions?outcome=open');
      expect(open.items).toEqual([]);
    },
    { timeoutMs: 60_000 },
  );
  const failures = await Promise.all(serviceNames.map(async (name) => [name, await failuresOf(name)]));
  expect(failures).toEqual(serviceNames.map((name) => [name, []]));
  expect(ended).toEqual([]);
}, 120_000);
