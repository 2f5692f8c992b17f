import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { protocolNames } from '#contracts';
import { findRoute } from '#protocols';
import { evaluate, loadPolicy } from '#rules';

/** One way around the rules that doesn't work. Sent by carol, a contractor, to the seed's model. */
const Trick = z.strictObject({
  trick: z.string(),
  path: z.string().default('/v1/chat/completions'),
  headers: z.record(z.string(), z.string()).optional(),
  /** `<repeat>` stands for `repeat.text`, so many times. */
  body: z.string().optional(),
  repeat: z.strictObject({ text: z.string(), times: z.number() }).optional(),
  /** A body that isn't text. */
  hex: z.string().optional(),
  expect: z.enum(['held', 'denied', 'refused']),
  code: z.string().optional(),
});

const folder = 'test/bypass';
const tricks = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, ...Trick.parse(parse(readFileSync(join(folder, name), 'utf8'))) }));

// The seed's model, as if it spoke every protocol.
const seed = readFileSync('sallyport.yaml', 'utf8').replace(
  '    models: [demo]',
  `    protocols: [${protocolNames.join(', ')}]\n    models: [demo]`,
);
const loaded = loadPolicy(seed);
if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
const { policy } = loaded;

function bodyOf({ body = '', hex, repeat }: (typeof tricks)[number]): Buffer {
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const repeated = repeat === undefined ? '' : repeat.text.repeat(repeat.times);
  return Buffer.from(body.replace('<repeat>', () => repeated));
}

function outcome(trick: (typeof tricks)[number]): { outcome: string; code?: string | undefined } {
  const found = findRoute('POST', trick.path, trick.headers);
  if (found === undefined) throw new Error(`no route ${trick.path}`);
  const reading = found.protocol.readRequest(bodyOf(trick), found.route);
  if (reading.kind === 'refusal') return { outcome: 'refused', code: reading.code };
  // No response was given by this gateway yet, so that whatever is continued can't be read.
  const { previousResponse } = reading.continuation;
  const continued =
    previousResponse === undefined ? [] : [{ pointer: '/previous_response_id', kind: 'earlier_answer' }];
  const decision = evaluate(policy, {
    principal: { kind: 'person', issuer: 'http://127.0.0.1:8085', subject: 'carol', groups: ['contractors'] },
    protocol: found.route.protocol,
    model: reading.model ?? null,
    operation: found.route.operation,
    texts: reading.strings,
    unreadable: [...reading.unreadable, ...continued],
    remoteUrls: reading.remoteUrls,
    now: 0,
  });
  return {
    outcome: { allow: 'allowed', hold: 'held', deny: 'denied' }[decision.effect],
    code: decision.code,
  };
}

test('there are at least 40 tricks', () => {
  expect(tricks.length).toBeGreaterThanOrEqual(40);
});

describe('no way around the rules', () => {
  test.each(tricks)('$name: $trick', (trick) => {
    const { outcome: found, code } = outcome(trick);
    expect(found).toBe(trick.expect);
    if (trick.code !== undefined) expect(code).toBe(trick.code);
  });
});

test('the same request without a trick is allowed, so that it is the trick that is caught', () => {
  const body = '{"model":"demo","messages":[{"role":"user","content":"hello"}]}';
  const plain = { name: '', trick: '', path: '/v1/chat/completions', body, expect: 'held' as const };
  expect(outcome(plain).outcome).toBe('allowed');
});
