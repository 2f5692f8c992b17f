import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { events, serviceNames } from '#contracts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Document {
  asyncapi: string;
  channels: Record<string, { address: string; description: string; messages: Record<string, unknown> }>;
  operations: Record<string, { action: string; channel: { $ref: string }; tags: { name: string }[] }>;
  components: { schemas: Record<string, object>; messages: Record<string, { payload: { $ref: string } }> };
}
const document = parse(read('docs/asyncapi.yaml')) as Document;

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item] : refsIn(item),
  );
}

function resolve(ref: string): unknown {
  const path = ref.replace(/^#\//, '').split('/');
  return path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    document,
  );
}

test('every reference in the document leads somewhere', () => {
  const refs = refsIn(document);
  expect(refs.length).toBeGreaterThan(events.length);
  expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([]);
});

test('every event has a channel that says what it means, someone who sends it, and audit receives it', () => {
  const channels = Object.entries(document.channels);
  expect(channels).toHaveLength(events.length);
  for (const [name, channel] of channels) {
    const operations = Object.values(document.operations).filter(
      (operation) => operation.channel.$ref === `#/channels/${name}`,
    );
    const services = (action: string) =>
      operations.filter((operation) => operation.action === action).flatMap(({ tags }) => tags[0]?.name);
    expect(services('send').length).toBeGreaterThan(0);
    expect(services('receive')).toContain('audit');
    for (const service of [...services('send'), ...services('receive')])
      expect(serviceNames).toContain(service as (typeof serviceNames)[number]);
    expect(channel.description).not.toBe('');
  }
});

describe('a golden sample fits the published schema, as a reader in another language would check it:', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'https://sallyport.invalid/asyncapi', components: document.components });
  const folder = new URL('../../libs/contracts/golden/', import.meta.url);
  test.each(readdirSync(folder))('%s', (file) => {
    const { event, head } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
      event: string;
      head: Record<string, unknown>;
    };
    const name = event.replace(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase());
    const validate = ajv.compile({
      $ref: `https://sallyport.invalid/asyncapi#/components/schemas/${name}`,
    });
    expect({ valid: validate(head), errors: validate.errors }).toEqual({ valid: true, errors: null });
    const [first] = Object.keys(head);
    expect(validate({ ...head, [first as string]: { not: 'this' } })).toBe(false);
  });
});
