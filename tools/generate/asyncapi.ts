import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  AnswerFacts,
  ApprovalRequirement,
  BodyReference,
  type EventDefinition,
  FindingCount,
  Obligations,
  Principal,
  ReleaseSignature,
  ReleaseTerms,
  RequestContext,
  RuleMatch,
} from '#contracts';
import { eventTexts } from './event-text.ts';
import { allEvents, consumersOf, listenersOf, publishersOf } from './flow.ts';

const shared = {
  AnswerFacts,
  ApprovalRequirement,
  BodyReference,
  FindingCount,
  Obligations,
  Principal,
  ReleaseSignature,
  ReleaseTerms,
  RequestContext,
  RuleMatch,
};

const camel = (name: string): string => name.replace(/[.](\w)/g, (_, letter: string) => letter.toUpperCase());
const pascal = (name: string): string => camel(name).replace(/^\w/, (letter) => letter.toUpperCase());

/** The schemas of all heads and of the nouns they share, which refer to each other. */
function schemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(shared)) registry.add(schema, { id });
  for (const event of allEvents) registry.add(event.schema, { id: pascal(event.name) });
  const made = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
    io: 'input',
  }).schemas;
  return Object.fromEntries(
    Object.entries(made).map(([id, schema]) => {
      const { $schema: _schema, $id: _id, ...rest } = schema;
      return [id, rest];
    }),
  );
}

function channel(event: EventDefinition, texts: Map<string, string>): object {
  return {
    address: [event.prefix, ...event.tokens.map((token) => `{${token}}`)].join('.'),
    description: texts.get(event.name) ?? '',
    messages: { [camel(event.name)]: { $ref: `#/components/messages/${camel(event.name)}` } },
    ...(event.tokens.length > 0 && {
      parameters: Object.fromEntries(
        event.tokens.map((token) => [token, { description: 'One subject token: [a-z0-9-]{1,40}' }]),
      ),
    }),
  };
}

function operationsOf(event: EventDefinition): [string, object][] {
  const name = camel(event.name);
  const on = { channel: { $ref: `#/channels/${name}` } };
  return [
    ...publishersOf(event).map(({ service, filter }): [string, object] => [
      `${service}.sends.${name}`,
      { action: 'send', ...on, tags: [{ name: service }], summary: `${service} publishes on ${filter}` },
    ]),
    ...consumersOf(event).map(({ service, consumer, filter }): [string, object] => [
      `${service}.receives.${name}.${consumer.replace(/[^a-z_]/g, '')}`,
      {
        action: 'receive',
        ...on,
        tags: [{ name: service }],
        summary: `${service} consumes ${filter} through ${consumer}`,
      },
    ]),
    ...listenersOf(event).map((service): [string, object] => [
      `${service}.hears.${name}`,
      {
        action: 'receive',
        ...on,
        tags: [{ name: service }, { name: 'live' }],
        summary: `${service} hears it live on ${event.liveFilter()}, once it is stored`,
      },
    ]),
  ];
}

function message(event: EventDefinition): object {
  return {
    name: event.name,
    contentType: 'application/json',
    headers: {
      type: 'object',
      properties: {
        'Nats-Msg-Id': { type: 'string', description: 'The stream stores a message id once within 120 s' },
        traceparent: { type: 'string', description: 'W3C Trace Context' },
      },
    },
    payload: { $ref: `#/components/schemas/${pascal(event.name)}` },
  };
}

const envelopeText = [
  'Every event is one envelope: `u32le head length | JSON head | sealed tail`. The schemas here describe the head,',
  'which is metadata in clear; the tail is content (a body, an edit, a reason), encrypted with the data key of the',
  'person it belongs to: `iv 12 | tag 16 | AES-256-GCM ciphertext`. All subjects are in stream EVENTS; those under',
  '`evt.live.` are republished under `live.` once they are stored.',
].join(' ');

/** `docs/asyncapi.yaml` (AsyncAPI 3.0): every event, its schema, who publishes and who consumes it. */
export function asyncApi(root: string): string {
  const texts = eventTexts(root);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const document = {
    asyncapi: '3.0.0',
    info: { title: 'Sallyport events', version, description: envelopeText, license: { name: 'Apache-2.0' } },
    servers: { broker: { host: '127.0.0.1:4322', protocol: 'nats' } },
    channels: Object.fromEntries(allEvents.map((event) => [camel(event.name), channel(event, texts)])),
    operations: Object.fromEntries(allEvents.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(allEvents.map((event) => [camel(event.name), message(event)])),
      schemas: schemas(),
    },
  };
  const note = '# Generated from libs/contracts and libs/messaging by `npm run generate`. Do not edit.\n';
  return note + stringify(document, { lineWidth: 110, aliasDuplicateObjects: false });
}
