import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { findRoute } from '#protocols';
import { MaskedRelay } from '../../../../services/masking/asking/relay.ts';
import { maskWhole } from '../../../../services/masking/asking/whole-answer.ts';
import { MaskingPass, Tally } from '../../../../services/masking/masking-pass.ts';

const text = { type: 'string' };
const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['customer', 'orders', 'isOpen', 'note'],
  properties: {
    customer: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'email', 'phone', 'card', 'tags'],
      properties: {
        name: text,
        email: text,
        phone: text,
        card: { type: 'integer' },
        tags: { type: 'array', items: text },
      },
    },
    orders: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'total', 'state'],
        properties: { id: { type: 'integer' }, total: { type: 'number' }, state: { enum: ['open', 'paid'] } },
      },
    },
    isOpen: { type: 'boolean' },
    note: { type: ['string', 'null'] },
  },
};
const isValid = new Ajv2020().compile(schema);

const record = {
  customer: {
    name: 'Ada',
    email: 'ada.lovelace@example.com',
    phone: '+1 415 555 2671',
    card: 4111111111111111,
    tags: ['vip', 'quote " and \\ and é \u{1f98a} ada.lovelace@example.com'],
  },
  orders: [
    { id: 17, total: 12.5, state: 'open' },
    { id: 18, total: -3e-2, state: 'paid' },
  ],
  isOpen: true,
  note: null,
};
const secrets = ['lovelace', '555 2671', '4111111111111111'];

/** A value with every leaf as its type: what a schema sees. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

const found = findRoute('POST', '/v1/chat/completions')!;
const pass = (input: MaskingProfileInput) =>
  new MaskingPass(MaskingProfile.parse(input), new Uint8Array(32), 's', 'answer', new Tally());

/** Written as models write it: on one line, indented, with escapes where none are needed. */
const writings: ReadonlyArray<readonly [string, string]> = [
  ['on one line', JSON.stringify(record)],
  ['indented', JSON.stringify(record, undefined, 2)],
  ['escaped', JSON.stringify(record).replaceAll('@', '\\u0040').replaceAll('/', '\\/')],
];
const profiles: ReadonlyArray<readonly [string, MaskingProfileInput]> = [
  ['tokens', {}],
  ['masks', { defaults: { operator: 'mask' } }],
  ['replacements', { defaults: { operator: { kind: 'replace', with: 'a "quoted"\nstand-in' } } }],
  [
    'fields',
    {
      fields: [
        { path: 'customer.name', entity: 'PERSON' },
        { path: 'orders.*.state', entity: 'STATE', operator: 'keep' },
      ],
    },
  ],
  ['digits kept in form', { entities: { CREDIT_CARD: { operator: 'fpe' } } }],
];

function expectValid(masked: string): void {
  for (const secret of secrets) expect(masked).not.toContain(secret);
  const value: unknown = JSON.parse(masked);
  expect(shapeOf(value)).toEqual(shapeOf(record));
  expect(isValid(value)).toBe(true);
}

describe.each(profiles)('structured output masked with %s still fits its schema', (_name, profile) => {
  test.each(writings)('in one piece, %s', (_how, content) => {
    const answer = { id: 'c', choices: [{ index: 0, message: { role: 'assistant', content } }] };
    const given = { bytes: Buffer.from(JSON.stringify(answer)), status: 200, headers: {} };
    const { bytes } = maskWhole(given, { ...found, contentIsJson: true }, pass(profile));
    expectValid(JSON.parse(Buffer.from(bytes).toString()).choices[0].message.content);
  });

  test.each(writings)('streamed and cut anywhere, %s', (_how, content) => {
    for (const size of [1, 5, 17]) {
      const relay = new MaskedRelay(found.protocol, found.route, pass(profile), true);
      const event = (delta: object, finish: string | null = null) =>
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      let out = '';
      for (let at = 0; at < content.length; at += size) {
        out += Buffer.from(
          relay.push(Buffer.from(event({ content: content.slice(at, at + size) }))),
        ).toString();
      }
      out += Buffer.from(relay.push(Buffer.from(`${event({}, 'stop')}data: [DONE]\n\n`))).toString();
      out += Buffer.from(relay.end().bytes).toString();
      const said = [...out.matchAll(/^data: (\{.*\})$/gm)]
        .map(([, json]) => JSON.parse(json ?? '{}').choices[0]?.delta?.content ?? '')
        .join('');
      expectValid(said);
    }
  });
});

describe('a field of a body that nobody described', () => {
  const http = findRoute('POST', '/c/tgi/generate')!;
  const profile: MaskingProfileInput = {
    packs: [],
    fields: [
      { path: 'customer.name', entity: 'PERSON' },
      { path: 'items.*.note', entity: 'NOTE', operator: 'redact' },
    ],
  };
  const body = {
    customer: { name: 'whoever', city: 'Oslo' },
    items: [{ note: 'x y' }, { note: '' }],
    name: 'kept',
  };
  const expected = {
    customer: { name: expect.stringMatching(/^\[PERSON_\w+\]$/), city: 'Oslo' },
    items: [{ note: '' }, { note: '' }],
    name: 'kept',
  };

  test('is masked whole in requests and in answers', () => {
    const bytes = Buffer.from(JSON.stringify(body));
    const reading = http.protocol.readRequest(bytes, http.route);
    if (reading.kind === 'refusal') throw new Error('refused');
    const { openMask, openFieldMask } = pass(profile);
    const sent = http.protocol.maskRequest(reading, openMask, undefined, { openFieldMask });
    expect(JSON.parse(Buffer.from(sent.bytes).toString())).toEqual(expected);
    const given = { bytes, status: 200, headers: {} };
    const answer = maskWhole(given, { ...http, contentIsJson: false }, pass(profile));
    expect(JSON.parse(Buffer.from(answer.bytes).toString())).toEqual(expected);
  });

  test('is masked in every event of a stream', () => {
    const relay = new MaskedRelay(http.protocol, http.route, pass(profile), false);
    const out = [relay.push(Buffer.from(`data: ${JSON.stringify(body)}\n\n`)), relay.end().bytes];
    const event = /^data: (.*)$/m.exec(Buffer.concat(out).toString())?.[1] ?? '';
    expect(JSON.parse(event)).toEqual(expected);
  });

  test('is left alone where the body is a protocol’s own', () => {
    const own = { messages: [{ role: 'user', content: 'x' }], customer: { name: 'whoever' }, model: 'm' };
    const reading = found.protocol.readRequest(Buffer.from(JSON.stringify(own)), found.route);
    if (reading.kind === 'refusal') throw new Error('refused');
    const { openMask, openFieldMask } = pass(profile);
    expect(found.protocol.maskRequest(reading, openMask, undefined, { openFieldMask }).changed).toBe(false);
  });
});
