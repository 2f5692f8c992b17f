import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { changeLedgerKey } from '#embedded';
import { noteVerifier, openHandover, openNote } from '#ledger';
import { secretFiles } from '#sealing';
import { eventually } from '#testing';
import { auditVerify } from '../../../cli/audit/verify.ts';
import { checkpointSize } from './audit-ledger.ts';
import { type AuditWorld, Play, startAuditWorld } from './audit-world.ts';

const fast = { AUDIT_CHECKPOINT_SECONDS: '0.2' };
let audit: AuditWorld;
let folder: string;
/** The public keys, oldest first. */
let keys: string[];
let spanning: string;

const secretsDir = (): string => join(audit.world.dir, 'secrets');
const file = (name: string): string => join(audit.world.secrets.dirOf('audit'), name);
const currentKey = async (): Promise<string> => (await audit.call(null, '/v1/key')).body.key;
async function save(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
async function restart(): Promise<void> {
  await audit.world.service('audit').stop();
  await audit.world.startService('audit', fast);
}
/** Records a request, and waits until a checkpoint of the key that signs now covers it. */
async function recorded(): Promise<Play> {
  const play = new Play(audit, 'carol', '{"n":1}');
  await play.allowed();
  await eventually(async () => {
    const { proof } = await audit.show('alice', play.id);
    expect(proof?.entries.length).toBeGreaterThan(2);
    expect(await checkpointSize(audit)).toBeGreaterThan(0);
  });
  return play;
}
/** As the runbook says. */
async function rotate(): Promise<void> {
  await changeLedgerKey(secretsDir(), 'begin');
  await restart();
}
/** The key is gone: there is another one from nowhere. */
async function lose(): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(file(secretFiles.ledgerSigningKey), privateKey, { mode: 0o600 });
  await restart();
}
async function verify(path: string, flags: { key: string[]; handover?: string[] }) {
  const printed: string[] = [];
  const code = await auditVerify(path, { anchor: [], ...flags }, (text) => printed.push(text));
  return { code, text: printed.join('\n') };
}
const newestNote = async (): Promise<string> =>
  (await audit.call('alice', '/v1/checkpoints?limit=1')).body.items[0].note;
const signersOf = (note: string, of: readonly string[]): string[] =>
  openNote(note, of.map(noteVerifier)).signedBy.map(({ publicKey }) => publicKey);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  audit = await startAuditWorld();
  await audit.world.startService('audit', fast);
  await recorded();
  const first = await currentKey();
  await rotate();
  keys = [first, await currentKey()];
  await recorded();
}, 120_000);
afterAll(async () => {
  await audit?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('while both keys are there both sign each checkpoint: who knows the first alone still verifies it', async () => {
  const note = await newestNote();
  expect(keys[0]).not.toBe(keys[1]);
  expect(signersOf(note, keys).sort()).toEqual([...keys].sort());
  expect(signersOf(note, keys.slice(0, 1))).toEqual(keys.slice(0, 1));
});

test('without the key before, the new one signs alone, and every key is named with the statement that leads to it', async () => {
  await changeLedgerKey(secretsDir(), 'end');
  await expect(changeLedgerKey(secretsDir(), 'end')).rejects.toThrow(RangeError);
  await restart();
  await recorded();
  expect(signersOf(await newestNote(), keys)).toEqual(keys.slice(1));
  const { items } = (await audit.call(null, '/v1/key/history')).body;
  expect(items).toMatchObject([
    { key: keys[0], handover: null },
    { key: keys[1], handover: expect.any(String) },
  ]);
  expect(openHandover(items[1].handover, [noteVerifier(keys[0]!)])).toMatchObject({
    origin: 'sallyport',
    key: keys[1],
  });
});

test('an export over the change verifies with both keys, or with the first and the statement, and not otherwise', async () => {
  const { body } = await audit.call('alice', '/v1/export');
  spanning = await save('spanning.ndjson', body);
  expect(JSON.parse(body.split('\n')[0]).keys).toEqual(keys);
  const [first, second] = keys as [string, string];
  const handover = await save(
    'handover.txt',
    (await audit.call(null, '/v1/key/history')).body.items[1].handover,
  );
  expect(await verify(spanning, { key: [first, second] })).toMatchObject({ code: 0 });
  expect(await verify(spanning, { key: [await save('keys.txt', `${keys.join('\n')}\n`)] })).toMatchObject({
    code: 0,
  });
  expect(await verify(spanning, { key: [first], handover: [handover] })).toMatchObject({ code: 0 });
  expect(await verify(spanning, { key: [first] })).toMatchObject({ code: 1 });
  const forged = await save(
    'forged.txt',
    (await readFile(handover, 'utf8')).replace(/\d{13}/, '1700000000000'),
  );
  expect(await verify(spanning, { key: [first], handover: [forged] })).toMatchObject({ code: 2 });
});

test('a key that was lost is replaced without a statement, which the list of keys says', async () => {
  await lose();
  const third = await currentKey();
  const play = await recorded();
  const { items } = (await audit.call(null, '/v1/key/history')).body;
  expect(items.at(-1)).toMatchObject({ key: third, handover: null });
  expect((await audit.show('alice', play.id)).proof?.key).toBe(third);
  const whole = await save('whole.ndjson', (await audit.call('alice', '/v1/export')).body);
  expect(await verify(whole, { key: [...keys, third] })).toMatchObject({ code: 0 });
  expect(await verify(spanning, { key: keys })).toMatchObject({ code: 0 });
  expect(await readdir(audit.world.secrets.dirOf('audit'))).not.toContain(secretFiles.ledgerPreviousKey);
}, 60_000);
