import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SinkList } from '#contracts';
import { verifyExport } from '#ledger';
import { eventually, type RadosGateway, startRadosGateway } from '#testing';
import { type AuditWorld, activate, Play, startAuditWorld } from '../audit-world.ts';

const started = await startRadosGateway();
const reason = 'missing' in started ? started.missing : undefined;
if (reason !== undefined)
  process.stderr.write(`RADOS Gateway can't be had here, its tests are skipped: ${reason}\n`);

const Bucket = 'ledger';
/** Two requests of this size do not fit into one part of 5 MiB. */
const largeBytes = 1_400_000;
const patient = { timeoutMs: 120_000 };

(reason === undefined ? describe : describe.skip)('an S3 sink on RADOS Gateway', () => {
  const gateway = started as RadosGateway;
  let audit: AuditWorld;
  let s3: S3Client;

  beforeAll(async () => {
    const { endpoint, accessKeyId, secretAccessKey } = gateway;
    const credentials = { accessKeyId, secretAccessKey };
    s3 = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    audit = await startAuditWorld();
    await writeSecret('wrong');
    await audit.world.startServices(['audit']);
  }, 240_000);
  afterAll(async () => {
    s3?.destroy();
    await audit?.stop();
    await gateway.stop();
  }, 60_000);

  const writeSecret = (secret: string) =>
    writeFile(join(audit.world.secrets.dirOf('audit'), 's3-secret'), secret, { mode: 0o600 });
  const size = async (): Promise<number> => (await audit.call('alice', '/v1/gaps')).body.size;
  const state = async () =>
    ((await audit.call('erin', '/v1/sinks')).body as SinkList).items.find(({ name }) => name === 'vault');
  const versions = async () => (await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? [];
  const failing = (failure: RegExp) =>
    eventually(
      async () => expect(await state()).toMatchObject({ failure: expect.stringMatching(failure) }),
      patient,
    );
  const caughtUp = (least: number) =>
    eventually(async () => {
      const total = await size();
      expect(total).toBeGreaterThanOrEqual(least);
      expect(await state()).toMatchObject({ next: total, behind: 0, failure: null });
      return total;
    }, patient);

  async function useSink(): Promise<void> {
    const sink = {
      ...{
        name: 'vault',
        kind: 's3',
        bucket: Bucket,
        endpoint: gateway.endpoint,
        every: '1s',
        maxEntries: 8,
      },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
      secretAccessKey: '${file:s3-secret}',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
      accessKeyId: '${file:s3-id}',
      lock: { mode: 'compliance', days: 1 },
    };
    await writeFile(join(audit.world.secrets.dirOf('audit'), 's3-id'), gateway.accessKeyId);
    const yaml = await readFile(audit.world.configFile, 'utf8');
    await activate(audit, `${yaml}\nsinks: ${JSON.stringify([sink])}\n`, 'r2');
  }

  async function play(prompts: readonly string[]): Promise<void> {
    for (const prompt of prompts) await new Play(audit, 'carol', prompt).allowed(prompt);
  }

  test('gets nothing with a wrong secret, says so, and everything once it is right', async () => {
    const large = 'x'.repeat(largeBytes);
    await play([large, large, large, 'small']);
    await eventually(async () => expect(await size()).toBeGreaterThanOrEqual(12), patient);
    await useSink();
    await failing(/SignatureDoesNotMatch/);
    expect(await state()).toMatchObject({ next: 0 });
    expect(await versions()).toEqual([]);
    await writeSecret(gateway.secretAccessKey);
    await caughtUp(12);
  }, 300_000);

  test('catches up without loss after the server was killed', async () => {
    const before = await size();
    await gateway.kill();
    await play(['one', 'two']);
    await failing(/ECONNREFUSED/);
    await gateway.startAgain();
    await caughtUp(before + 6);
  }, 300_000);

  test('has pieces that verify and leave nothing out, large ones in parts, all locked against deletion', async () => {
    const { body } = await audit.call(null, '/v1/key');
    const total = await caughtUp(18);
    const kept = (await versions()).sort((a, b) => ((a.Key ?? '') < (b.Key ?? '') ? -1 : 1));
    let end = 0;
    for (const { Key, VersionId } of kept) {
      const [, from, to] =
        /^sallyport\/\d{4}\/\d\d\/\d\d\/ledger-(\d+)-(\d+)\.ndjson\.gz$/.exec(Key ?? '') ?? [];
      expect(Number(from)).toBeLessThanOrEqual(end);
      end = Math.max(end, Number(to));
      const object = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      const text = gunzipSync((await object.Body?.transformToByteArray()) ?? Buffer.alloc(0));
      const lines = (async function* () {
        yield text;
      })();
      expect((await verifyExport(lines, [body.key])).problems).toEqual([]);
      const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key, VersionId }));
      expect(Retention?.Mode).toBe('COMPLIANCE');
      const deleted = s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      await expect(deleted).rejects.toMatchObject({ name: 'AccessDenied' });
    }
    expect(end).toBeGreaterThanOrEqual(total);
    // The tag of an object that came in parts ends in their number.
    expect(kept.map(({ ETag }) => ETag)).toContainEqual(expect.stringMatching(/-[2-9]"$/));
  }, 120_000);
});
