import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { mayReach } from '#outgoing';
import { post } from '../../../../services/approval/notifying/webhooks/post.ts';
import { signedHeaders, signingKey } from '../../../../services/approval/notifying/webhooks/sign.ts';
import { type HookReceiver, startHookReceiver } from './receivers.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const message = (url: string, privateNetworks: string[] = []) => ({
  ...{ url, headers: { 'content-type': 'application/json' }, body: '{"data":{}}', timeoutMs: 2000 },
  privateNetworks,
});

describe('where a webhook may connect to', () => {
  test('public addresses only', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
      expect([address, mayReach(address, [])]).toEqual([address, true]);
    }
    for (const address of [
      ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
      ...['0.0.0.0', '100.64.0.1', '224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1'],
      ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', 'fc00::1', 'ff02::1', '2001:db8::1'],
      ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::10.0.0.1', '2002:7f00:1::'],
      ...['', 'localhost', '127.1', '0x7f000001'],
    ]) {
      expect([address, mayReach(address, [])]).toEqual([address, false]);
    }
  });

  test('and what is listed, however the address is written', () => {
    expect(mayReach('10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(mayReach('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(mayReach('10.2.2.3', ['10.1.0.0/16'])).toBe(false);
    expect(mayReach('fd12::1', ['fd12::/16'])).toBe(true);
    expect(mayReach('fd13::1', ['fd12::/16'])).toBe(false);
    expect(mayReach('10.1.2.3', ['10.1.2.2/31', '10.1.2.4/30'])).toBe(true);
  });

  test('no private IPv4 address passes, whichever notation carries it', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const inside = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
    );
    const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
    fc.assert(
      fc.property(inside, ([a, b, c, d]) => {
        const tail = `${hex(a, b)}:${hex(c, d)}`;
        const forms = [
          `${a}.${b}.${c}.${d}`,
          `::ffff:${tail}`,
          `::${tail}`,
          `64:ff9b::${tail}`,
          `2002:${tail}::1`,
        ];
        expect(forms.filter((form) => mayReach(form, []))).toEqual([]);
      }),
    );
  });
});

describe('posting', () => {
  let receiver: HookReceiver;
  beforeAll(async () => {
    receiver = await startHookReceiver('::');
  });
  afterAll(() => receiver.stop());

  test('refuses this machine and private networks under every spelling, and nothing arrives', async () => {
    const { port } = receiver;
    for (const host of [
      ...['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0'],
      ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '169.254.169.254', '127.0.0.1.', hostname()],
    ]) {
      const attempt = await post(message(`http://${host}:${port}/hook`));
      expect([host, attempt]).toEqual([host, { kind: 'refused', error: 'address.not_public' }]);
    }
    expect(receiver.calls).toEqual([]);
  });

  test('refuses a name as soon as one of its addresses is private', async () => {
    const resolve = async () => ['93.184.216.34', '10.0.0.1'];
    const attempt = await post(message('https://hooks.example.test/'), resolve);
    expect(attempt).toEqual({ kind: 'refused', error: 'address.not_public' });
  });

  test('connects to the address it looked at, whatever the name means a moment later', async () => {
    const answers = [['127.0.0.1'], ['10.9.9.9']];
    let asked = 0;
    const resolve = async () => answers[asked++] ?? [];
    const url = `http://hooks.example.test:${receiver.port}/pinned`;
    expect(await post(message(url, ['127.0.0.1/32']), resolve)).toEqual({ kind: 'delivered' });
    expect(asked).toBe(1);
    const [call] = receiver.calls.filter(({ path }) => path === '/pinned');
    expect(call?.headers.host).toBe(`hooks.example.test:${receiver.port}`);
  });

  test('follows no redirect, also not to where it may not go', async () => {
    receiver.behave('/moved', () => ({
      ...{ status: 302, headers: { location: `http://127.0.0.1:${receiver.port}/private` } },
    }));
    const attempt = await post(message(`http://127.0.0.1:${receiver.port}/moved`, ['127.0.0.1/32']));
    expect(attempt).toMatchObject({ kind: 'failed', error: 'http.302' });
    expect(receiver.calls.filter(({ path }) => path === '/private')).toEqual([]);
  });

  test('ends in time without an answer, and reads no endless one', async () => {
    receiver.behave('/silent', () => 'silence');
    receiver.behave('/endless', () => ({ status: 200, body: 'x'.repeat(5_000_000) }));
    const to = (path: string) => ({
      ...message(`http://127.0.0.1:${receiver.port}${path}`, ['127.0.0.1/32']),
      timeoutMs: 300,
    });
    expect(await post(to('/silent'))).toEqual({ kind: 'failed', error: 'timeout' });
    expect(await post(to('/endless'))).toEqual({ kind: 'delivered' });
  });

  test('says what it met as a code, without addresses', async () => {
    const closed = await startHookReceiver();
    await closed.stop();
    const attempt = await post(message(`${closed.url}/`, ['127.0.0.1/32']));
    expect(attempt).toEqual({ kind: 'failed', error: 'connection.econnrefused' });
  });
});

describe('signing', () => {
  test('is what the Standard Webhooks library verifies, with either secret while one replaces the other', () => {
    const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
    const body = '{"text":"größer"}';
    const headers = signedHeaders('msg_1', Date.now(), body, [signingKey(secret), signingKey(other)]);
    for (const one of [secret, other]) {
      expect(new Webhook(one).verify(body, headers)).toEqual({ text: 'größer' });
    }
    const stranger = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(() => new Webhook(stranger).verify(body, headers)).toThrow();
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
  });

  test('takes no weak or mistyped secret, and does not repeat it', () => {
    for (const wrong of ['', 'whsec_', 'whsec_c2hvcnQ=', 'not base64 at all, but long enough to be one!']) {
      expect(() => signingKey(wrong)).toThrow('expected whsec_ and 24 to 64 bytes in base64');
    }
  });
});
