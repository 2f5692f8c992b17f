import { describe, expect, test } from '@jest/globals';
import { golden, goldenNames, holdingMask, noMask, routeOf, runMask } from '../test-kit.ts';

const { protocol, route } = routeOf('POST', '/v1/chat/completions');
const mask = (bytes: Uint8Array, openMask = runMask, contentIsJson = false) => {
  const result = protocol.maskAnswer(bytes, route, { openMask, contentIsJson });
  if (result.kind === 'unreadable') throw new Error(result.fault.code);
  return { ...result, text: Buffer.from(result.bytes).toString() };
};

describe('an answer in one piece', () => {
  test.each(goldenNames('openai-chat', 'answer-'))(
    '%s comes back as the same bytes where nothing is masked',
    (name) => {
      const bytes = golden('openai-chat', name);
      for (const openMask of [noMask, holdingMask]) {
        const { bytes: masked, changed } = mask(bytes, openMask);
        expect(masked).toBe(bytes);
        expect(changed).toBe(false);
      }
    },
  );

  test('only the literal that was masked is written anew', () => {
    const bytes = golden('openai-chat', 'answer-plain.json');
    const content = /"Write to.*?[^\\]",/;
    expect(mask(bytes).text).toBe(
      bytes.toString().replace(content, '"Write to [EMAIL] – she’ll \\"know\\".",'),
    );
  });

  test('is masked in arguments, reasoning, names and numbers of JSON texts; token probabilities go with their text', () => {
    const { text, record } = mask(golden('openai-chat', 'answer-rich.json'));
    const value = JSON.parse(text);
    const [first, second, third] = value.choices;
    expect(first.message.reasoning_content).toBe('Look up [EMAIL] first.');
    expect(JSON.parse(first.message.tool_calls[0].function.arguments)).toEqual({
      ...{ mail: '[EMAIL]', café: true, card: '[CARD]' },
    });
    expect(first.message.tool_calls[1].function.arguments).toBe('{"text":"hello"}');
    expect(second.message.content).toBe('hi [EMAIL]');
    expect(second.logprobs).toBeNull();
    expect(third.message.refusal).toBe("I can't help with that.");
    expect(record.choices[0]?.toolCalls[0]?.arguments).toContain('[EMAIL]');
    expect(JSON.stringify(record)).not.toMatch(/@|4111/);
  });

  test('an error body is masked like an answer', () => {
    const { text, record } = mask(golden('openai-chat', 'answer-error.json'));
    expect(JSON.parse(text).error.message).toBe('The model `demo` does not exist for [EMAIL].');
    expect(record.error).toEqual({
      ...{ message: 'The model `demo` does not exist for [EMAIL].', code: 'model_not_found' },
    });
  });

  test('JSON output stays JSON where the request asked for it', () => {
    const content = '{"mail":"ann\\u0040example.com","card":4111111111111111}';
    const body = Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content } }] }));
    expect(JSON.parse(mask(body, runMask, true).record.choices[0]?.text ?? '')).toEqual({
      ...{ mail: '[EMAIL]', card: '[CARD]' },
    });
  });

  test.each(['', '<html>ann@example.com</html>', '{"a":', `${'['.repeat(99)}`])(
    '%j is not passed on',
    (body) => {
      expect(protocol.maskAnswer(Buffer.from(body), route, { openMask: noMask }).kind).toBe('unreadable');
    },
  );
});
