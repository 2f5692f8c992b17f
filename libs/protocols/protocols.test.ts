import { expect, test } from '@jest/globals';
import { findRoute } from './protocols.ts';

test.each([
  ['POST', '/v1/chat/completions', 'openai-chat', 'chat.completions', undefined, {}],
  ['POST', '/c/local-1/v1/chat/completions', 'openai-chat', 'chat.completions', 'local-1', {}],
  ['GET', '/v1/models', 'openai-chat', 'models.list', undefined, {}],
  ['GET', '/v1/models/org%2Fname', 'openai-chat', 'models.get', undefined, { model: 'org/name' }],
  ['GET', '/v1/models/org/name', 'openai-chat', 'models.get', undefined, { model: 'org/name' }],
])('%s %s belongs to %s as %s', (method, path, name, operation, connection, params) => {
  const found = findRoute(method, path);
  expect([found?.protocol.name, found?.route.operation, found?.connection, found?.params]).toEqual([
    ...[name, operation, connection, params],
  ]);
});

test.each([
  ['GET', '/v1/chat/completions'],
  ['POST', '/v1/chat/completions/'],
  ['POST', '/v1//chat/completions'],
  ['POST', '/v1/chat/completions/../embeddings'],
  ['POST', '/c/Local/v1/chat/completions'],
  ['GET', '/v1/models/'],
  ['GET', '/v1/models/%E0%A4%A'],
])('%s %s is no route', (method, path) => {
  expect(findRoute(method, path)).toBeUndefined();
});
