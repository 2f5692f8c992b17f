import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { protocolNames } from '#contracts';
import { findRoute, type Json, protocols } from '#protocols';
import { loadPolicy } from '#rules';
import { receive } from '../../services/ingress/receive.ts';
import { judge } from '../../services/policy/judging/judge.ts';

const keyword = 'quailword';
/** The same word, as a client may hide it. */
const spellings = [
  keyword,
  'q u a i l w o r d',
  'quаilwоrd',
  Buffer.from(`the ${keyword}`).toString('base64'),
] as const;

const loaded = loadPolicy(
  stringify({
    version: 1,
    identity: { issuers: [{ issuer: 'http://127.0.0.1:1', audience: 'x' }] },
    connections: {
      local: {
        baseUrl: 'http://127.0.0.1:2',
        protocols: [...protocolNames],
        models: ['*'],
        unreadable: 'allow',
        remoteUrlHosts: ['*'],
      },
    },
    rules: [
      { name: 'everyone', effect: 'allow' },
      { name: 'word', effect: 'deny', prompt: { keywords: [keyword] } },
    ],
  }),
);
if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
const { policy } = loaded;

/** The value with `word` in place of one string after the other, as a name, and in fields that nobody knows. */
function* withWord(value: Json, word: string): Generator<Json> {
  if (typeof value === 'string') {
    yield word;
    yield `${value} ${word}`;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      for (const changed of withWord(each, word)) yield value.with(index, changed);
    }
    return;
  }
  for (const [key, each] of Object.entries(value)) {
    for (const changed of withWord(each, word)) yield { ...value, [key]: changed };
  }
  yield { ...value, [word]: 1 };
  yield { ...value, unknown_field: { deep: [[word]] } };
}

const operationOf = (name: string) => /\.([a-z_.]+)\.json$/.exec(name)?.[1];
let positions = 0;
afterAll(() => {
  process.stdout.write(`positions judged: ${positions}\n`);
});

function effectOf(folder: (typeof protocols)[number], name: string, body: Json): string {
  const route = folder.routes.find(({ operation }) => operation === operationOf(name)) ?? folder.routes[0]!;
  const url = `/c/local${route.path.replace(/\{.*\}/, 'x')}`;
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = route.header === undefined ? {} : { [route.header]: 'x' };
  const { context } = receive({
    ...{
      requestId: `req-${'0'.repeat(32)}`,
      subjectKey: 'key-x',
      address: '127.0.0.1',
      instance: 'ingress-1',
    },
    principal: { kind: 'person', issuer: 'http://127.0.0.1:1', subject: 'x', groups: [] },
    route: findRoute(route.method, url, headers)!,
    ...{ url, headers: {}, body: bytes, nowMs: 1 },
  });
  const verdict = judge(policy, { context, body: bytes, nowMs: 1, isApproved: undefined });
  return verdict.kind;
}

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (folder, protocol) => {
  const golden = join('libs/protocols', folder, 'golden');
  const names = readdirSync(golden).filter((name) => name.startsWith('request-'));
  test.each(names)('a word at any place of %s is found, however it is spelled', (name) => {
    const body = JSON.parse(readFileSync(join(golden, name), 'utf8')) as Json;
    for (const word of spellings) {
      const missed = [...withWord(body, word)].filter((changed) => {
        positions++;
        return effectOf(protocol, name, changed) !== 'refused';
      });
      expect(missed).toEqual([]);
    }
  });

  test.each(names)('%s itself is allowed', (name) => {
    const body = JSON.parse(readFileSync(join(golden, name), 'utf8')) as Json;
    expect(effectOf(protocol, name, body)).toBe('allowed');
  });
});
