import { describe, expect, test } from '@jest/globals';
import { noRouteText, pathsWithoutVersion, wireAt } from './no-route.ts';

describe('where there is nothing, a caller is told why', () => {
  test.each([
    ['POST', '/v1/files', /^Files are not served/],
    ['GET', '/v1/batches/b1', /^Batches are not served/],
    ['POST', '/v1/audio/transcriptions', /^Audio is not served/],
    ['POST', '/v1/images/generations', /^Making images and videos is not served/],
    ['POST', '/v1/moderations', /^Moderations are not served/],
    ['POST', '/v1/fine_tuning/jobs', /^Fine-tuning is not served/],
    ['POST', '/v1/assistants', /^Assistants and threads are not served/],
    ['POST', '/v1/messages/batches', /^Message batches are not served/],
    ['POST', '/api/pull', /^Managing models is not served/],
    ['GET', '/v1/chat/completions', /^This path takes POST, not GET\.$/],
    ['PUT', '/v1/responses/r1', /^This path takes GET or DELETE, not PUT\.$/],
    ['OPTIONS', '/v1/chat/completions', /CORS/],
    ['POST', '/chat/completions', /Did you mean \/v1\/chat\/completions\?/],
    ['POST', '/v1/chat/completions/', /Did you mean \/v1\/chat\/completions\?/],
    ['POST', '/v1/v1/messages', /Did you mean \/v1\/messages\?/],
    ['POST', '/v1//embeddings', /Did you mean \/v1\/embeddings\?/],
    ['POST', '/v1/api/chat', /Did you mean \/api\/chat\?/],
    ['GET', '/v1/anything', /^There is no GET route at this path\.$/],
  ])('%s %s', (method, path, expected) => {
    expect(noRouteText(method, path)).toMatch(expected);
  });

  test('that WebSockets are not served, wherever they are asked for', () => {
    for (const path of ['/v1/realtime', '/v1/responses', '/x']) {
      expect(noRouteText('GET', path, { upgrade: 'WebSocket' })).toMatch(/Realtime API/);
    }
  });

  test('in the words of their client', () => {
    const error = { status: 404, code: 'route.not_found', message: 'no', requestId: 'r' };
    const written = (path: string, headers = {}) =>
      JSON.parse(wireAt(path, headers).writeError(error).body) as Record<string, unknown>;
    expect(written('/api/pull')).toMatchObject({ error: 'no' });
    expect(written('/v1/messages/batches')).toMatchObject({ type: 'error', request_id: 'r' });
    expect(written('/v1/files', { 'anthropic-version': '2023-06-01' })).toMatchObject({ type: 'error' });
    expect(written('/v1/files')).toMatchObject({ error: { code: 'route.not_found', param: null } });
  });
});

test('a base URL without the version is known for every call that has one', () => {
  expect(pathsWithoutVersion).toEqual(
    expect.arrayContaining(['/chat/completions', '/messages', '/responses', '/models', '/embeddings']),
  );
});
