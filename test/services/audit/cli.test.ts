import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestReceived } from '#contracts';
import { noteVerifier, openCheckpoint } from '#ledger';
import { eventually, runSallyport } from '#testing';
import { auditVerify } from '../../../cli/audit/verify.ts';
import { type AuditWorld, activate, Play, startAuditWorld } from './audit-world.ts';

const fast = { AUDIT_CHECKPOINT_SECONDS: '0.5' };
const prompt = '{"messages":[{"role":"user","content":"the password of aster"}]}';

let audit: AuditWorld;
let held: Play;
let streamed: Play;

beforeAll(async () => {
  audit = await startAuditWorld();
  const yaml = await readFile(audit.world.configFile, 'utf8');
  const sinks = [{ name: 'disk', kind: 'files', directory: 'ledger', every: '1s' }];
  await activate(audit, `${yaml}\nsinks: ${JSON.stringify(sinks)}\n`, 'r2');
  await audit.world.startService('audit', fast);
  held = new Play(audit, 'carol', prompt);
  await held.received();
  await held.held();
  await held.justified('for the migration');
  await held.voted('alice', 'approve', 'fine now');
  await held.released('people');
  await held.completed('{"answer":"write to [EMAIL]"}');
  streamed = new Play(audit, 'dave', '{"stream":true}');
  await streamed.received();
  await streamed.released();
  const event = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const frames = [
    [5, event({ role: 'assistant', content: 'Hel\u001b[2J' })],
    [9, event({ content: 'lo' }, 'stop')],
    [9, 'data: [DONE]\n\n'],
  ];
  await streamed.completed(JSON.stringify(frames), { tail: 'transcript', stream: true, frames: 3 });
  // Something that somebody should look at.
  await audit.ingress.publish(requestReceived.subject(), Buffer.from('not an envelope'));
  await eventually(async () => {
    expect((await audit.show('alice', held.id)).proof).not.toBeNull();
    expect((await audit.show('alice', streamed.id)).proof).not.toBeNull();
    expect((await audit.call('alice', '/v1/gaps')).body.items).toHaveLength(1);
  });
}, 120_000);
afterAll(() => audit.stop());

const cli = async (user: string, ...args: string[]): Promise<string> => {
  const { code, out, error } = await runSallyport(audit.world, user, 'audit', ...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${error}`);
  return out;
};

test('requests are listed, narrowed, shown and replayed on the command line, without touching the terminal', async () => {
  const [all, narrowed, none, shown, bare, replayed] = await Promise.all([
    cli('alice', 'list'),
    cli('alice', 'list', '--user', 'dave', '--outcome', 'answered', '--json'),
    cli('alice', 'list', '--rule', 'no-such-rule'),
    cli('alice', 'show', held.id),
    cli('alice', 'show', streamed.id, '--no-content', '--json'),
    cli('alice', 'replay', streamed.id, '--speed', '0'),
  ]);
  const [said, raw, exact] = await Promise.all([
    cli('alice', 'show', streamed.id),
    cli('alice', 'show', streamed.id, '--raw'),
    cli('alice', 'replay', streamed.id, '--json'),
  ]);
  expect(all).toMatch(/^RECEIVED +REQUEST/);
  expect(all).toContain(`${held.id}  carol@example.test`);
  expect(all).toContain(streamed.id);
  expect(JSON.parse(narrowed).items.map(({ id }: { id: string }) => id)).toEqual([streamed.id]);
  expect(none).toBe('none\n');
  expect(shown).toContain('outcome     answered 200');
  expect(shown).toContain('vote        alice@example.test: approve prompt version 1');
  expect(shown).toContain('fine now');
  expect(shown).toContain('justified   for the migration');
  expect(shown).toContain(prompt);
  expect(shown).toMatch(/proof {7}\d+ entries under checkpoint of size \d+/);
  expect(JSON.parse(bare).versions[0].content).toEqual({ state: 'withheld' });
  const steps = replayed.trimEnd().split('\n');
  expect(steps.map((line) => line.trim().split(/ {2,}/)[1])).toEqual(
    expect.arrayContaining([
      ...[expect.stringMatching(/^prompt by dave/), 'answer: Hel⟨U+001B⟩[2J', 'answer: lo'],
    ]),
  );
  expect(said).toContain('    says: Hel⟨U+001B⟩[2Jlo\n');
  expect(said).not.toContain('data:');
  expect(raw).toContain('    data: {"choices"');
  const sent = JSON.parse(exact).steps.filter(({ kind }: { kind: string }) => kind === 'answer');
  expect(sent.map(({ text }: { text: string }) => text).at(-1)).toBe('data: [DONE]\n\n');
}, 120_000);

test('what is missing is listed and taken note of; reports and sinks are printed', async () => {
  const [before, counted, csv, sinks] = await Promise.all([
    cli('alice', 'gaps'),
    cli('alice', 'report', '--by', 'user'),
    cli('alice', 'report', '--by', 'connection', '--csv'),
    eventually(
      async () => {
        const text = await cli('erin', 'sinks');
        expect(text).toMatch(/misses 0/);
        return text;
      },
      { timeoutMs: 60_000 },
    ),
  ]);
  expect(before).toMatch(/flaw +event\.unreadable/);
  expect(before).toMatch(/\d+ entries, this replica is writing\n$/);
  expect(counted).toMatch(/carol@example\.test +1 +answered 1 +1 +approve 1/);
  expect(csv).toMatch(/^"key","subject"[\s\S]*\n"demo"/);
  expect(sinks).toMatch(/^disk +files +has \d+ entries, misses 0 {2}well\n$/);
  expect(await cli('alice', 'gaps', '--acknowledge')).toMatch(/took note of 1\n$/);
  const [after, everything] = await Promise.all([cli('alice', 'gaps'), cli('alice', 'gaps', '--all')]);
  expect(after).toMatch(/^nothing is missing/);
  expect(everything).toMatch(/event\.unreadable/);
}, 120_000);

test('an export from the command line verifies with the key from the command line, and not once it is changed', async () => {
  const [whole, one] = [join(audit.world.dir, 'whole.ndjson'), join(audit.world.dir, 'one.ndjson')];
  const [key, note] = await Promise.all([
    cli('alice', 'checkpoint', '--key'),
    cli('alice', 'checkpoint'),
    cli('alice', 'export', '-o', whole),
    cli('alice', 'export', '--request', held.id, '-o', one),
  ]);
  const publicKey = key.trim();
  expect(openCheckpoint(note, [noteVerifier(publicKey)]).size).toBeGreaterThan(0);
  const printed: string[] = [];
  const verify = (file: string) =>
    auditVerify(file, { key: [publicKey], anchor: [] }, (text) => printed.push(text));
  expect(await verify(whole)).toBe(0);
  expect(await verify(one)).toBe(0);
  expect(printed.every((text) => text.endsWith('\nINTACT'))).toBe(true);
  const text = await readFile(whole, 'utf8');
  await writeFile(whole, text.replace(`${held.id}:received`, `${held.id}:deceived`));
  expect(await verify(whole)).toBe(1);
}, 120_000);

test('whoever may not read the ledger is told so, with the exit code 1; so is who asks for nonsense', async () => {
  const run = (user: string, ...args: string[]) => runSallyport(audit.world, user, 'audit', ...args);
  const [gaps, exported, rotated, replayed, unknown] = await Promise.all([
    run('carol', 'gaps'),
    run('carol', 'export'),
    run('alice', 'rotate-keys'),
    run('alice', 'replay', streamed.id, '--speed', 'fast'),
    run('alice', 'show', 'req-00000000000070008000000000000000', '--json'),
  ]);
  for (const { code, error } of [gaps, exported, rotated]) {
    expect(code).toBe(1);
    expect(error).toMatch(/\(access\.\w+\)\n$/);
  }
  expect(replayed).toMatchObject({ code: 1, error: '--speed is a number such as 4 (request.invalid)\n' });
  expect(unknown.code).toBe(1);
  expect(JSON.parse(unknown.error)).toMatchObject({ error: { code: 'request.not_found' } });
}, 120_000);

test('data keys are wrapped anew under a new key-encryption key, and the old one is not needed any more', async () => {
  const old = (await readFile(join(audit.world.secrets.dirOf('audit'), 'kek.hex'), 'utf8')).trim();
  const fresh = randomBytes(32).toString('hex');
  const restart = async (keys: Record<string, string>) => {
    await audit.world.service('audit').stop();
    await audit.world.startService('audit', { ...fast, ...keys });
  };
  await restart({ SALLYPORT_KEK: fresh, SALLYPORT_KEK_RETIRED: old });
  const first = /^(\d+) of (\d+) data keys wrapped anew with ([0-9a-f]+)\n$/.exec(
    await cli('erin', 'rotate-keys'),
  );
  expect(Number(first?.[1])).toBeGreaterThanOrEqual(2);
  const again = JSON.parse(await cli('erin', 'rotate-keys', '--json'));
  expect(again).toMatchObject({ rotated: 0, key: first?.[3] });
  await restart({ SALLYPORT_KEK: fresh });
  const { versions } = await audit.show('alice', held.id);
  expect(versions[0]?.content).toEqual({ state: 'shown', text: prompt });
}, 120_000);
