import { describe, expect, test } from '@jest/globals';
import { MaskingProfile } from '#contracts';
import { findRoute, protocols } from '#protocols';
import { maskHeaders } from '../../../../services/masking/asking/whole-answer.ts';
import { MaskingPass, Tally } from '../../../../services/masking/masking-pass.ts';

const canary = 'ann.lee@example.com';
const pass = (profile: object = {}) =>
  new MaskingPass(MaskingProfile.parse(profile), new Uint8Array(32), 's', 'answer', new Tally());

describe('an event of a type that nobody knows', () => {
  const routes = protocols.flatMap((protocol) => protocol.routes.map((route) => ({ protocol, route })));
  const unknown = { type: 'brand.new', kind: 'x', payload: { text: canary, list: [[canary]], [canary]: 1 } };
  const json = JSON.stringify(unknown);
  const wires = [`event: brand.new\ndata: ${json}\n\n`, `data: ${json}\n\n`, `${json}\n`, `: ${canary}\n\n`];

  test.each(routes.map((one) => [`${one.protocol.name} ${one.route.operation}`, one] as const))(
    'of %s comes out scanned or not at all, however it was cut',
    (_name, { protocol, route }) => {
      for (const wire of wires) {
        for (const size of [1, 7, wire.length]) {
          const stream = protocol.openAnswerStream(route, { openMask: pass().openMask });
          const bytes = Buffer.from(wire);
          let out = '';
          for (let at = 0; at < bytes.length; at += size) {
            out += Buffer.from(stream.push(bytes.subarray(at, at + size))).toString();
          }
          out += Buffer.from(stream.end().bytes).toString();
          expect(out).not.toContain('ann.lee');
        }
      }
    },
  );
});

test('of a model server’s headers only listed ones pass, and their values are scanned', () => {
  const given = { 'x-ratelimit-limit-requests': canary, 'openai-version': '2020', 'x-internal': canary };
  const passed = maskHeaders(given, pass()) ?? {};
  expect(Object.keys(passed).sort()).toEqual(['openai-version', 'x-ratelimit-limit-requests']);
  expect(passed['x-ratelimit-limit-requests']).toMatch(/^\[EMAIL_ADDRESS_[a-z2-7]+\]$/);
});

test('a field named by its path is masked inside tool-call arguments, whatever it holds', () => {
  const { openMask, openJsonMask } = pass({ fields: [{ path: 'customer.ssn', entity: 'US_SSN' }] });
  const found = findRoute('POST', '/v1/chat/completions');
  const args = JSON.stringify({ customer: { ssn: 'unknown yet', name: 'kept' } });
  const call = { id: 't', type: 'function', function: { name: 'f', arguments: args } };
  const answer = { choices: [{ index: 0, message: { role: 'assistant', tool_calls: [call] } }] };
  const masked = found?.protocol.maskAnswer(Buffer.from(JSON.stringify(answer)), found.route, {
    ...{ openMask, openJsonMask },
  });
  if (masked?.kind !== 'masked') throw new Error('not read');
  const [choice] = JSON.parse(Buffer.from(masked.bytes).toString()).choices;
  const { customer } = JSON.parse(choice.message.tool_calls[0].function.arguments);
  expect(customer.ssn).toMatch(/^\[US_SSN_[a-z2-7]+\]$/);
  expect(customer.name).toBe('kept');
});
