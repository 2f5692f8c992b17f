import { expect, test } from '@jest/globals';
import { encodeEnvelope } from '#contracts';
import { readPayload } from '../../../services/audit/receiving/read-head.ts';

const sealed = Buffer.from('sealed');
const read = (head: object) => readPayload(encodeEnvelope(head, sealed));

test('what a caller wrote into an address is taken out of a release too, which names nobody', () => {
  const chat = { terms: {}, subjectKey: 'k', protocol: 'openai-chat', method: 'POST' };
  const plain = read({ ...chat, path: '/v1/chat/completions' });
  expect(plain.parts).toEqual([]);
  for (const path of ['/v1/chat/completions?for=carol', '/v1/"quoted"?for=carol']) {
    const { bytes, parts, tail } = read({ ...chat, path });
    expect(parts).toMatchObject([{ path: '/path', value: JSON.stringify(path) }]);
    expect(bytes.includes('carol')).toBe(false);
    expect(tail.equals(sealed)).toBe(true);
  }
  const record = read({ ...chat, protocol: 'http', path: '/customers/carol' });
  expect(record.bytes.includes('carol')).toBe(false);
});

test('claims are taken out wherever they stand, and with them nothing else', () => {
  const { bytes } = read({ context: { claims: { employeeNumber: '1234' } }, model: 'demo' });
  expect(bytes.toString()).toBe('{"context":{"claims":null},"model":"demo"}');
});
