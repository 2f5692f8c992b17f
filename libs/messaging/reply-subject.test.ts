import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeEnvelope, type ReleaseTerms, requestReleased, type ServiceName } from '#contracts';
import { PeopleReleaseSigner, PeopleReleaseVerifier } from '#sealing';
import { eventually } from '#testing';
import type { StoredMessage } from './bus.ts';
import { parseEvent } from './consuming/consumer.ts';
import { PoisonError } from './consuming/settlement.ts';
import { RestrictedBroker } from './restricted-broker.test-kit.ts';
import { consumers } from './topology.ts';

let broker: RestrictedBroker;
beforeAll(async () => {
  broker = await RestrictedBroker.start();
});
afterAll(() => broker.stop());

describe('the reply-subject trick', () => {
  const target = requestReleased.subject('people', 'demo');
  const terms: ReleaseTerms = {
    requestId: `req-${'0'.repeat(32)}`,
    version: 1,
    gate: 'prompt',
    digest: 'b'.repeat(64),
    connection: 'demo',
    upstreamModel: null,
    operation: 'chat',
    obligations: {},
    notAfter: 4_000_000_000_000,
  };
  const keyPair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return {
      signer: new PeopleReleaseSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      verifier: new PeopleReleaseVerifier(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    };
  };
  const approval = keyPair();

  /** A release that is right in every field but made by someone without approval's key. */
  const forged = () => encodeEnvelope(releaseHead(keyPair().signer));
  const releaseHead = (signer: PeopleReleaseSigner) => ({
    terms,
    signature: signer.sign(terms),
    body: { digest: terms.digest, bytes: 1, location: { in: 'tail' } },
    subjectKey: 'k',
    protocol: 'openai-chat',
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {},
    destination: 'ingress-1',
    stream: false,
    model: null,
    rules: [],
    revision: '1',
    receivedAt: 1,
    decidedAt: 1,
  });

  const lastRelease = () => broker.bus('audit').readMessage({ lastOf: target });

  /** What masking makes of a message on the release subject: it runs only what verifies. */
  function isRun(message: StoredMessage | null): boolean {
    if (message === null) return false;
    try {
      const { head } = parseEvent(requestReleased, message.payload);
      return approval.verifier.verify(head.terms, head.signature);
    } catch (error) {
      expect(error).toBeInstanceOf(PoisonError);
      return false;
    }
  }

  /** Waits until the broker has answered everything that was sent before. */
  const settled = (user: ServiceName) => broker.bus(user).nc.request('$JS.API.INFO', '');

  test('with a direct read is refused: no stored text becomes a release', async () => {
    await broker.bus('ingress').publish('$KV.held.trick', forged());
    const before = (await lastRelease())?.sequence;
    expect(await broker.isRefused('ingress', '$JS.API.DIRECT.GET.KV_held.$KV.held.trick', '', target)).toBe(
      true,
    );
    await settled('ingress');
    expect((await lastRelease())?.sequence).toBe(before);
  });

  test.each<[string, ServiceName, string, string]>([
    ['a read of the log', 'ingress', '$JS.API.STREAM.MSG.GET.EVENTS', '{"seq":1}'],
    ['a read of a bucket', 'ingress', '$JS.API.STREAM.MSG.GET.KV_held', '{"last_by_subj":"$KV.held.trick"}'],
    ['the acknowledgement of a publication', 'ingress', '$KV.held.other', 'x'],
    ['a stream’s description', 'audit', '$JS.API.STREAM.INFO.EVENTS', '{}'],
  ])('with %s leaves at most poison', async (_, user, subject, body) => {
    await broker.isRefused(user, subject, body, target);
    await settled(user);
    expect(isRun(await lastRelease())).toBe(false);
  });

  test('with a consumer of one’s own bucket stores the text under its own subject, where no release is read', async () => {
    await broker.bus('ingress').publish('$KV.held.trick', forged());
    const before = (await lastRelease())?.sequence;
    const config = { name: 'trick', filter_subject: '$KV.held.trick', ack_policy: 'none', mem_storage: true };
    const made = await broker
      .bus('ingress')
      .nc.request(
        '$JS.API.CONSUMER.CREATE.KV_held.trick.$KV.held.trick',
        JSON.stringify({ stream_name: 'KV_held', config }),
      );
    expect(made.json()).not.toHaveProperty('error');
    await broker.isRefused('ingress', '$JS.API.CONSUMER.MSG.NEXT.KV_held.trick', '{"batch":1}', target);
    await eventually(async () =>
      expect(await broker.bus('audit').readMessage({ lastOf: '$KV.held.trick' })).not.toBeNull(),
    );
    const after = await lastRelease();
    expect({ sequence: after?.sequence, run: isRun(after) }).toEqual({ sequence: before, run: false });
  });

  test('with a consumer that pushes to the release subject gives no release that verifies', async () => {
    const config = {
      name: 'pushed',
      filter_subject: '$KV.held.trick',
      deliver_subject: target,
      ack_policy: 'none',
    };
    await broker
      .bus('ingress')
      .nc.request(
        '$JS.API.CONSUMER.CREATE.KV_held.pushed.$KV.held.trick',
        JSON.stringify({ stream_name: 'KV_held', config: { ...config, mem_storage: true } }),
      );
    await settled('ingress');
    expect(isRun(await lastRelease())).toBe(false);
  });

  test('with one’s own consumer of the log stores again what is there, never something else', async () => {
    const genuine = encodeEnvelope({ ...releaseHead(approval.signer) });
    await broker.bus('approval').publish(target, genuine);
    const first = (await lastRelease())!.sequence;
    await broker.isRefused(
      'audit',
      `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${consumers.auditAll}`,
      '{"batch":1000}',
      'evt.any',
    );
    await eventually(async () => {
      const again = (await lastRelease())!;
      expect(again.sequence).toBeGreaterThan(first);
      expect(Buffer.from(again.payload).equals(genuine)).toBe(true);
    });
  });

  test('is the only way: what approval signs verifies', () => {
    expect(approval.verifier.verify(terms, approval.signer.sign(terms))).toBe(true);
  });
});
