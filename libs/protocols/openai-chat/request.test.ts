import { describe, expect, test } from '@jest/globals';
import { pointerTokens } from '../json/json.ts';
import type { RequestReading } from '../request/read.ts';
import { golden, goldenNames, noMask, routeOf, runMask } from '../test-kit.ts';

const { protocol, route } = routeOf('POST', '/v1/chat/completions');
const readText = (text: string | Buffer) => protocol.readRequest(Buffer.from(text), route);
const read = (text: string | Buffer): RequestReading => {
  const result = readText(text);
  if (result.kind === 'refusal') throw new Error(result.message);
  return result;
};
const rich = golden('openai-chat', 'request-tools.json');

function leaves(value: unknown, pointer = ''): Array<[string, unknown]> {
  if (typeof value !== 'object' || value === null) return [[pointer, value]];
  return Object.entries(value).flatMap(([key, each]) =>
    leaves(each, `${pointer}/${key.replaceAll('/', '~1')}`),
  );
}

describe('reading', () => {
  test.each(goldenNames('openai-chat', 'request-'))('%s shows every string at its pointer', (name) => {
    const bytes = golden('openai-chat', name);
    const { strings } = read(bytes);
    const all = leaves(JSON.parse(bytes.toString())).filter(([, value]) => typeof value === 'string');
    const shown = strings.filter(({ key, inner }) => !key && inner === undefined);
    expect(shown.map(({ pointer, text }) => [pointer, text]).sort()).toEqual(all.sort());
  });

  test('says model, stream and where the turns are', () => {
    const { model, stream, turns, background, answersJson } = read(rich);
    expect({ model, stream, background, answersJson }).toEqual({
      ...{ model: 'demo', stream: true, background: false, answersJson: true },
    });
    expect(turns.map(({ pointer, role }) => [pointer, role])).toEqual([
      ['', undefined],
      ['/messages/0', 'developer'],
      ['/messages/1', 'user'],
      ['/messages/2', 'assistant'],
      ['/messages/3', 'tool'],
      ['/messages/4', 'tool'],
      ['/messages/5', 'user'],
    ]);
  });

  test('a turn is exactly its element; all else is turn 0', () => {
    const { turns, source, strings, body } = read(rich);
    for (const { index, start, end } of turns.slice(1)) {
      expect(JSON.parse(source.slice(start, end))).toEqual((body.messages as unknown[])[index - 1]);
    }
    for (const { pointer, turn } of strings) {
      const [first, index] = pointerTokens(pointer);
      expect(turn).toBe(first === 'messages' ? Number(index) + 1 : 0);
    }
  });

  test('shows strings inside tool-call arguments decoded, and names a client chose', () => {
    const { strings } = read(rich);
    const inner = strings.filter(({ inner }) => inner !== undefined).map(({ inner, text }) => [inner, text]);
    expect(inner).toContainEqual(['/mail', 'ann@example.com']);
    expect(inner).toContainEqual(['/deep/0/note', 'inner text']);
    const names = strings.filter(({ key, inner }) => key && inner === undefined).map(({ text }) => text);
    expect(names).toEqual(
      expect.arrayContaining(['free name', 'vendor_extension', 'nested', 'mail', '50256']),
    );
    expect(names).not.toContain('messages');
  });

  test('lists what can not be read as text, and the addresses outside', () => {
    const { unreadable, remoteUrls } = read(rich);
    expect(unreadable.map(({ pointer, kind }) => [pointer, kind])).toEqual([
      ['/messages/1/content/1/image_url/url', 'image'],
      ['/messages/1/content/2/image_url/url', 'image'],
      ['/messages/1/content/3/input_audio/data', 'audio'],
      ['/messages/1/content/4/file/file_data', 'file'],
      ['/messages/1/content/5/file/file_id', 'file_id'],
    ]);
    expect(remoteUrls).toEqual([
      { pointer: '/messages/1/content/2/image_url/url', url: 'https://example.com/cat.png' },
    ]);
  });

  test.each([
    ['{"messages":[],"prompt_token_ids":[1,2]}', '/prompt_token_ids', 'tokens'],
    [`{"messages":[],"x":{"y":[[${Array(20).fill(7)}]]}}`, '/x/y/0', 'tokens'],
    [
      '{"messages":[{"role":"user","content":[{"type":"hologram","data":"x"}]}]}',
      '/messages/0/content/0',
      'unknown_part',
    ],
    [
      '{"messages":[{"role":"user","content":" data:image/png;base64,AA=="}]}',
      '/messages/0/content',
      'image',
    ],
    ['{"messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}', '/messages/0/audio/id', 'file_id'],
    [
      '{"messages":[{"content":[{"type":"image_url","image_url":"file:///etc/passwd"}]}]}',
      '/messages/0/content/0/image_url',
      'image',
    ],
  ])('%s hides something at %s', (body, pointer, kind) => {
    expect(read(body).unreadable).toContainEqual(expect.objectContaining({ pointer, kind }));
  });

  test('settings made of numbers are not hidden text', () => {
    const ids = Array.from({ length: 40 }, (_, id) => id);
    expect(read(JSON.stringify({ messages: [], stop_token_ids: ids })).unreadable).toEqual([]);
  });
});

describe('refusals', () => {
  test.each([
    ['{"messages":[],"messages":[]}', 'request.ambiguous_key', '/messages'],
    ['{"Messages":[],"messages":[]}', 'request.ambiguous_key', '/messages'],
    ['{"messages":[],"STREAM":true}', 'request.ambiguous_key', '/STREAM'],
    ['{"messages":[{"Role":"user"}]}', 'request.ambiguous_key', '/messages/0/Role'],
    [
      '{"messages":[{"content":[{"type":"text","Text":"x"}]}]}',
      'request.ambiguous_key',
      '/messages/0/content/0/Text',
    ],
    ['{"messages":[],"stream":"true"}', 'request.invalid_field', '/stream'],
    ['{"messages":[],"stream":1}', 'request.invalid_field', '/stream'],
    ['{"messages":[],"model":7}', 'request.invalid_field', '/model'],
    ['{"messages":[],"model":""}', 'request.invalid_field', '/model'],
    ['{"messages":"hi"}', 'request.invalid_field', '/messages'],
    ['{}', 'request.invalid_field', '/messages'],
    ['[]', 'request.not_an_object', ''],
    ['"x"', 'request.not_an_object', ''],
    ['{"messages":[],"seed":18446744073709551615}', 'request.number_out_of_range', '/seed'],
    ['{"messages":[]}{}', 'request.trailing_data', ''],
    [`{"messages":${'['.repeat(70)}${']'.repeat(70)}}`, 'request.too_deep', undefined],
  ])('%.60s is refused with %s', (body, code, pointer) => {
    const result = readText(body);
    expect(result).toMatchObject({
      kind: 'refusal',
      status: 400,
      code,
      ...(pointer === undefined ? {} : { pointer }),
    });
  });

  test('bytes that are not UTF-8 are refused, also a mark in front', () => {
    expect(protocol.readRequest(Uint8Array.of(0x7b, 0xff, 0x7d), route)).toMatchObject({
      code: 'request.invalid_utf8',
    });
    expect(readText('\ufeff{"messages":[]}')).toMatchObject({ code: 'request.invalid_json' });
  });

  test('names of a client, such as tool parameters, may have any case', () => {
    const parameters = { type: 'object', properties: { Name: {}, URL: {}, Content: {} } };
    const body = { messages: [], tools: [{ type: 'function', function: { name: 'f', parameters } }] };
    expect(readText(JSON.stringify(body)).kind).toBe('reading');
  });

  test('a refusal quotes nothing but a short printable pointer', () => {
    const name = `"\\u0007secret\\n${'x'.repeat(5000)}"`;
    const result = readText(`{${name}:1,${name}:2}`);
    expect(result.kind === 'refusal' && result.message.length).toBeLessThan(300);
    expect(result.kind === 'refusal' && result.message).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('the view for people', () => {
  test.each(goldenNames('openai-chat', 'request-'))('of %s shows every value once, whole', (name) => {
    const reading = read(golden('openai-chat', name));
    const { parameters, tools, turns } = protocol.viewRequest(reading);
    const items = [
      ...parameters,
      ...tools.flatMap(({ items }) => items),
      ...turns.flatMap(({ items }) => items),
    ];
    const shown = items.map(({ pointer, text }) => [pointer, text]);
    const all = leaves(reading.body).map(([pointer, value]) => [
      pointer,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    expect(shown.sort()).toEqual(all.sort());
  });

  test('marks attachments and JSON texts, and groups by turn and tool', () => {
    const { tools, turns } = protocol.viewRequest(read(rich));
    expect(tools).toHaveLength(2);
    expect(turns[1]?.items.find(({ form }) => form === 'attachment')).toMatchObject({
      name: 'content/1/image_url/url',
      attachment: { kind: 'image', mediaType: 'image/png' },
    });
    expect(turns[2]?.items.find(({ form }) => form === 'json')?.name).toBe('tool_calls/0/function/arguments');
  });
});

describe('masking a request', () => {
  const body = JSON.stringify({
    model: 'bob@example.com',
    messages: [
      { role: 'user', content: 'from ann@example.com' },
      {
        role: 'assistant',
        tool_calls: [{ function: { arguments: '{"m":"a\\u0040b.co","n":4111111111111111}' } }],
      },
    ],
    x: { 'eve@example.com': 'ann@example.com' },
  });

  test('masks every string, keeps the model and keeps JSON texts JSON', () => {
    const { bytes, changed } = protocol.maskRequest(read(body), runMask);
    const masked = JSON.parse(Buffer.from(bytes).toString());
    expect(changed).toBe(true);
    expect(masked.model).toBe('bob@example.com');
    expect(masked.messages[0].content).toBe('from [EMAIL]');
    expect(JSON.parse(masked.messages[1].tool_calls[0].function.arguments)).toEqual({
      m: '[EMAIL]',
      n: '[CARD]',
    });
    expect(masked.x).toEqual({ '[EMAIL]': '[EMAIL]' });
  });

  test('masks only below the pointers it is given', () => {
    const { bytes } = protocol.maskRequest(read(body), runMask, ['/messages/0']);
    expect(Buffer.from(bytes).toString()).toBe(body.replace('from ann@example.com', 'from [EMAIL]'));
  });

  test('gives the same bytes where nothing is masked', () => {
    const { bytes, changed } = protocol.maskRequest(read(rich), noMask);
    expect(changed).toBe(false);
    expect(Buffer.from(bytes).equals(rich)).toBe(true);
  });
});
