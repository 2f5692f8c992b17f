import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Body, Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { parse } from 'yaml';
import { z } from 'zod';
import { CurrentPrincipal, Public, Roles } from '#auth';
import {
  accessDenied,
  CodedError,
  configKeys,
  encodeEnvelope,
  PolicyDocument,
  type Principal,
  requestCancelled,
} from '#contracts';
import { type Bus, consumers, type EventMessage, OnEvent, parseEvent } from '#messaging';
import { ConfigSigner, secretFiles } from '#sealing';
import { eventually, startWorld, type World } from '#testing';
import { bootService, type RunningService } from './boot-service.ts';
import { readSettings } from './settings.ts';

const Sum = z.strictObject({ a: z.number(), b: z.number() });

@Controller('probe')
class ProbeController {
  @Public()
  @Post('sum')
  sum(@Body({ schema: Sum }) { a, b }: z.infer<typeof Sum>): { sum: number } {
    return { sum: a + b };
  }
  @Get('me')
  me(@CurrentPrincipal() principal: Principal): Principal {
    return principal;
  }
  @Roles('admin')
  @Get('admin')
  admin(): { ok: true } {
    return { ok: true };
  }
  @Public()
  @Get('coded')
  coded(): never {
    throw new CodedError('approval.already_decided', 'Somebody was faster.', { details: { by: 'bob' } });
  }
  @Public()
  @Get('crash')
  crash(): never {
    throw new Error('the database password is hunter2');
  }
}

const handled: string[] = [];
let open: (() => void) | undefined;

@Injectable()
class OnRequestCancelled {
  @OnEvent(requestCancelled, { consumer: consumers.approvalCancelled })
  async handle({ head }: EventMessage<typeof requestCancelled>): Promise<void> {
    if (head.reason === 'shutdown') await new Promise<void>((resolve) => (open = resolve));
    handled.push(head.requestId);
  }
}

@Module({ controllers: [ProbeController], providers: [OnRequestCancelled] })
class ProbeModule {}

@Injectable()
class Another {
  @OnEvent(requestCancelled, { consumer: consumers.approvalCancelled })
  async handle(): Promise<void> {}
}
@Module({ providers: [OnRequestCancelled, Another] })
class TwoHandlersModule {}

let world: World;
let running: RunningService;
let ingress: Bus;
let base: string;
let closed = false;

async function activate(number: number): Promise<void> {
  const document = PolicyDocument.parse(parse(await readFile(world.configFile, 'utf8')));
  const config = await (await world.bus('policy')).bucket('config');
  const revision = { revision: String(number), digest: 'd'.repeat(64), activatedAt: number, document };
  const dir = world.secrets.dirOf('policy');
  const signer = new ConfigSigner(await readFile(join(dir, secretFiles.configSigningKey), 'utf8'));
  await config.put(configKeys.active, signer.sign(revision));
}

beforeAll(async () => {
  world = await startWorld({ postgres: false });
  await activate(1);
  ingress = await world.bus('ingress');
  const settings = readSettings('approval', { ...world.environment('approval'), LOG_LEVEL: 'silent' });
  running = await bootService({ module: ProbeModule, settings, bodyLimitBytes: 2000 });
  base = `http://127.0.0.1:${settings.port}`;
});
afterAll(async () => {
  if (!closed) await running.close();
  await world.stop();
});

const get = (path: string, token?: string) =>
  fetch(base + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
const post = (body: string, type = 'application/json') =>
  fetch(`${base}/probe/sum`, { method: 'POST', body, headers: { 'content-type': type } });
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code;

describe('every service', () => {
  test('answers whether it lives, whether it is ready, and its metrics, without a token', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'alive' });
    expect(await (await get('/readyz')).json()).toEqual({
      ready: true,
      checks: { broker: true, config: true },
      details: { config: { revision: '1' } },
    });
    expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total');
  });

  test('describes its own endpoints as OpenAPI', async () => {
    const document = (await (await get('/openapi.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toContain('/probe/sum');
  });

  test('shows them on a page that loads nothing from elsewhere', async () => {
    const page = await get('/docs');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const wanted = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    expect(wanted).toHaveLength(3);
    for (const path of wanted) {
      const file = await fetch(new URL(path ?? '', `${base}/docs`));
      expect([path, file.status, (await file.text()).length > 50]).toEqual([path, 200, true]);
    }
  });
});

describe('a request body', () => {
  test('that fits its schema reaches the controller', async () => {
    expect(await (await post('{"a":1,"b":2}')).json()).toEqual({ sum: 3 });
  });

  test('that does not is refused with each field', async () => {
    const response = await post('{"a":"1","c":2}');
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; issues: { path: string }[] } };
    expect(error.code).toBe('request.invalid');
    expect(error.issues.map(({ path }) => path)).toEqual(expect.arrayContaining(['a', 'b']));
  });

  test.each([
    ['that is no JSON', '{"a":', 'application/json', 400, 'request.invalid'],
    ['that is too large', `{"a":${' '.repeat(3000)}1}`, 'application/json', 413, 'request.too_large'],
    ['of an unknown type', '<a/>', 'application/xml', 415, 'request.unsupported_media_type'],
  ])('%s is refused with a stable code', async (_, body, type, status, code) => {
    const response = await post(body, type);
    expect({ status: response.status, code: await codeOf(response) }).toEqual({ status, code });
  });
});

describe('an error', () => {
  test('with a code is told with its facts', async () => {
    const response = await get('/probe/coded');
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      error: { code: 'approval.already_decided', message: 'Somebody was faster.', by: 'bob' },
    });
  });

  test('of any other kind says nothing of the inside', async () => {
    const response = await get('/probe/crash');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
  });

  test('is also the shape of an unknown route', async () => {
    const response = await get('/nowhere', await world.tokenFor('erin'));
    expect({ status: response.status, code: await codeOf(response) }).toEqual({
      status: 404,
      code: 'route.not_found',
    });
  });
});

describe('a caller', () => {
  test('is who the token says, and gets in where a role is held', async () => {
    const erin = await world.tokenFor('erin');
    expect(await (await get('/probe/me', erin)).json()).toMatchObject({ subject: 'erin', groups: ['admin'] });
    expect((await get('/probe/admin', erin)).status).toBe(200);
  });

  test('without the role is refused', async () => {
    const response = await get('/probe/admin', await world.tokenFor('carol'));
    expect({ status: response.status, code: await codeOf(response) }).toEqual({
      status: 403,
      code: 'access.forbidden',
    });
  });

  test.each([
    ['no token', undefined, 'token.missing'],
    ['an expired token', 'expired', 'token.expired'],
    ['a forged token', 'forged', 'token.invalid'],
    ['an unsigned token', 'unsigned', 'token.invalid'],
    ['a token for somebody else', 'wrongAudience', 'token.invalid'],
    ['a token of another issuer', 'wrongIssuer', 'token.invalid'],
    ['a token that confuses algorithms', 'confused', 'token.invalid'],
  ] as const)('with %s is asked to authenticate', async (_, kind, code) => {
    const response = await get('/probe/me', kind && (await world.tokens[kind]('alice')));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await codeOf(response)).toBe(code);
  });

  test('who is turned away is recorded: one event for a kind of refusal, with a count', async () => {
    await running.runtime.denied.flush();
    const before = await ingress.readMessage({ lastOf: accessDenied.subject() });
    for (let i = 0; i < 3; i++) await get('/probe/me');
    await get('/probe/admin', await world.tokenFor('dave'));
    await running.runtime.denied.flush();
    const heads = [];
    let next = (before?.sequence ?? 0) + 1;
    for (;;) {
      const message = await ingress.readMessage({ sequence: next, subject: accessDenied.subject() });
      if (message === null) break;
      heads.push(parseEvent(accessDenied, message.payload).head);
      next = message.sequence + 1;
    }
    expect(heads).toEqual([
      expect.objectContaining({
        service: 'approval',
        code: 'token.missing',
        count: 3,
        route: 'GET /probe/me',
      }),
      expect.objectContaining({ code: 'access.forbidden', count: 1, subject: 'dave' }),
    ]);
    expect(heads[0]).not.toHaveProperty('subject');
  });
});

test('a revision that one part can not use comes into force in none', async () => {
  const { config } = running.runtime;
  const seen: string[] = [];
  config.onChange(({ revision }) => seen.push(revision));
  config.onChange(({ revision }) => {
    if (revision === '2') throw new Error('not for me');
  });
  await activate(2);
  await eventually(() => expect(config.describe()).toEqual({ revision: '1', refused: '2' }));
  expect(seen).toEqual(['1', '2', '1']);
  await activate(3);
  await eventually(() => expect(config.describe()).toEqual({ revision: '3' }));
  expect(seen.at(-1)).toBe('3');
});

test('two handlers for one consumer are refused at the start', async () => {
  const settings = readSettings('approval', { ...world.environment('approval'), LOG_LEVEL: 'silent' });
  const booting = bootService({ module: TwoHandlersModule, settings: { ...settings, port: 0 } });
  await expect(booting).rejects.toThrow(`two handlers for consumer ${consumers.approvalCancelled}`);
});

test('a service that closes finishes what it has in hand and takes nothing new', async () => {
  const id = (n: number) => `req-${String(n).padStart(32, '0')}`;
  const cancel = (n: number, reason: string) =>
    ingress.publish(requestCancelled.subject(), encodeEnvelope({ requestId: id(n), reason, at: 1 }));
  await cancel(1, 'requester');
  await eventually(() => expect(handled).toContain(id(1)));
  await cancel(2, 'shutdown');
  await eventually(() => expect(open).toBeDefined());
  const closing = running.close();
  closed = true;
  await eventually(
    () =>
      new Promise<void>((resolve, reject) => {
        const probe = request(`${base}/readyz`, (response) =>
          response.statusCode === 503 ? resolve() : reject(new Error('ready')),
        );
        probe.on('error', reject).end();
      }),
  );
  open!();
  await closing;
  expect(handled).toEqual([id(1), id(2)]);
  await expect(get('/healthz')).rejects.toThrow();
});
