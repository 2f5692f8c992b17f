import { execFile } from 'node:child_process';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Command } from 'commander';
import {
  configActivated,
  contentErased,
  contentRead,
  encodeEnvelope,
  events,
  type Report,
  type SessionList,
} from '#contracts';
import { eventually } from '#testing';
import { registerEvidence } from '../../../cli/audit/evidence.ts';
import { inForce } from '../../../cli/audit/evidence-revisions.ts';
import { evidenceControls } from '../../../cli/audit/evidence-text.ts';
import { auditVerify } from '../../../cli/audit/verify.ts';
import { createProgram } from '../../../cli/main.ts';
import { cellOf } from '../../../services/audit/reporting/csv.ts';
import { addContentWords, type ContentForm } from '../../../services/audit/searching/content-words.ts';
import { WordHashes } from '../../../services/audit/searching/word-hashes.ts';
import { eventsOf } from '../policy/policy-world.ts';
import { openDatabase } from './audit-ledger.ts';
import { type AuditWorld, Play, startAuditWorld } from './audit-world.ts';

let audit: AuditWorld;
beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startServices(['audit']);
}, 120_000);
afterAll(() => audit.stop());

const chat = (content: string) => JSON.stringify({ model: 'demo', messages: [{ role: 'user', content }] });

function wordsOf(text: string, form: ContentForm): Set<string> {
  const words = new Set<string>();
  addContentWords(words, text, form);
  return words;
}

async function found(words: string, user = 'alice'): Promise<string[]> {
  const { status, body } = await audit.call(user, `/v1/sessions?words=${encodeURIComponent(words)}`);
  expect(status).toBe(200);
  return (body as SessionList).items.map(({ id }) => id);
}

test('the words of a streamed answer are whole however it was cut, and nothing structural counts as a word', () => {
  const delta = (index: number, content: string) =>
    `data: {"id":"chatcmpl1","choices":[{"index":${index},"delta":{"role":"assistant","content":"${content}"}}]}\n\n`;
  const wire = [
    delta(0, 'Zu'),
    delta(1, 'other '),
    delta(0, 'gspitze is'),
    delta(1, 'choice'),
    'data: [DONE]\n\n',
  ];
  const frames = wire
    .join('')
    .match(/[\s\S]{1,7}/g)!
    .map((text, i) => [i, text]);
  expect([...wordsOf(JSON.stringify(frames), 'transcript')].sort()).toEqual([
    ...['choice', 'is', 'other', 'zugspitze'],
  ]);
  expect([...wordsOf(`plain ÜBER ${'A'.repeat(400)} ﬁne`, 'body')]).toEqual(['plain', 'über', 'fine']);
});

test('the index holds words as HMACs under a key of its own, as RFC 2104 has it', () => {
  const secret = randomBytes(32);
  const hashes = new WordHashes(secret, 'ledger');
  const key = Buffer.from(hkdfSync('sha256', secret, 'ledger', 'sallyport word index v1', 32));
  for (const word of ['zugspitze', 'größe', '山'.repeat(64), 'x'.repeat(300), 'ab']) {
    const mac = createHmac('sha256', key).update(word).digest();
    expect(hashes.of(word)).toBe(mac.readBigInt64BE(0).toString());
  }
});

test('auditors find requests by whole words of prompt and answer; each search is recorded, nothing readable is stored', async () => {
  const [first, second] = [
    new Play(audit, 'carol', chat('Where does the Kingfisher nest?')),
    new Play(audit, 'dave', chat('A kingfisher, again')),
  ];
  await first.allowed('{"answer":"Along the Isar"}');
  await second.allowed('{"answer":"Elsewhere"}');
  await eventually(async () =>
    expect((await found('kingfisher')).sort()).toEqual([first.id, second.id].sort()),
  );
  expect(await found('KINGFISHER isar')).toEqual([first.id]);
  expect(await found('kingfish')).toEqual([]);
  expect(await found('user demo')).toEqual([]);

  await eventually(async () => {
    const heads = await recorded();
    expect(heads).toContainEqual(expect.objectContaining({ search: { words: 2, found: 1 } }));
    expect(JSON.stringify(heads).toLowerCase()).not.toContain('isar');
  });
  const database = await openDatabase(audit);
  const { rows } = await database.query('select s::text as row from session_words s');
  await database.end();
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toMatch(/kingfisher|isar/i);

  expect((await audit.call('carol', '/v1/sessions?words=kingfisher')).status).toBe(403);
  expect((await audit.call('alice', '/v1/sessions?words=.')).status).toBe(400);
  expect(
    (await audit.call('alice', `/v1/sessions?words=${'ab+cd+ef+gh+'.repeat(3)}x1+x2+x3+x4+x5+x6+x7`)).status,
  ).toBe(400);
}, 60_000);

test('words are found after the writer was killed, and are gone once their person is erased', async () => {
  const unspaced = new Play(audit, 'carol', chat('本契約の秘密保持義務は存続する'));
  await unspaced.allowed();
  await eventually(async () => expect(await found('秘密保持')).toEqual([unspaced.id]));
  expect(await found('持秘')).toEqual([]);
  await audit.world.service('audit').kill();
  const after = new Play(audit, 'dave', chat('kingfisher of the dark hours'));
  await after.allowed();
  // As a version left it that knew no pairs.
  const older = await openDatabase(audit);
  await older.query(`update session_words set words = '{}' where id = $1`, [unspaced.id.slice(4)]);
  await older.query('update word_cursor set again_next = 0, again_to = next_index');
  await older.end();
  await audit.world.startService('audit');
  await eventually(async () => expect(await found('保持義務')).toEqual([unspaced.id]), { timeoutMs: 60_000 });
  await eventually(async () => expect(await found('kingfisher dark')).toEqual([after.id]), {
    timeoutMs: 60_000,
  });

  const head = contentErased.schema.parse({ subjectKey: audit.keyOf('dave'), at: Date.now() });
  const eraser = await audit.world.bus('audit');
  await eraser.publish(contentErased.subject(), encodeEnvelope(head));
  await eventually(async () => expect(await found('kingfisher')).toHaveLength(1));
  const database = await openDatabase(audit);
  const left = await database.query('select 1 from session_words where subject_key = $1', [
    audit.keyOf('dave'),
  ]);
  await database.end();
  expect(left.rows).toEqual([]);
}, 120_000);

test('reports count outcomes, votes, times, tokens and masked values by person, connection, rule and approver', async () => {
  const held = new Play(audit, 'carol', chat('may I'));
  await held.received();
  await held.held();
  await held.voted('alice', 'approve');
  await held.released('people');
  await held.completed('{"answer":"yes"}');
  const report = async (by: string): Promise<Report> =>
    (await audit.call('alice', `/v1/reports?by=${by}`)).body;
  const carols = async () => (await report('user')).lines.find(({ person }) => person?.subject === 'carol');
  await eventually(async () => expect((await carols())?.outcomes).toEqual({ answered: 3 }));

  const user = await carols();
  expect(user).toMatchObject({
    requests: 3,
    outcomes: { answered: 3 },
    held: 1,
    approvals: 1,
    rejections: 0,
  });
  expect(user).toMatchObject({ promptTokens: 21, completionTokens: 27, masked: { EMAIL: 3 } });
  expect(user?.decisionMs.count).toBe(1);
  expect((await report('user')).lines.find(({ person }) => person?.subject === 'dave')).toBeUndefined();
  expect((await report('connection')).lines).toEqual([expect.objectContaining({ key: 'demo', requests: 5 })]);
  const rules = (await report('rule')).lines.map(({ key, requests }) => [key, requests]);
  expect(rules).toContainEqual(['contractors-sensitive-words', 1]);
  const [approver] = (await report('approver')).lines;
  expect(approver).toMatchObject({ person: { subject: 'alice' }, requests: 1, approvals: 1 });

  const csv = await audit.call('alice', '/v1/reports?by=user&format=csv');
  expect(csv.body).toMatch(/^"key","subject","name","email","requests",/);
  expect(csv.body).toContain('"carol"');
  expect((await audit.call('carol', '/v1/reports?by=user')).status).toBe(403);
  expect((await audit.call('alice', '/v1/reports?by=user&from=2020-01-01&to=2026-01-01')).status).toBe(400);
}, 60_000);

test('no cell of a report is a formula to a spreadsheet', () => {
  const cells = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1', '|x', '\r=1'].map(cellOf);
  for (const cell of cells) expect(cell).toMatch(/^"'/);
  expect(cellOf('says "hi", ok')).toBe('"says ""hi"", ok"');
  expect(cellOf(-1)).toBe('-1');
});

/** The heads of what was recorded as read. */
async function recorded(): Promise<unknown[]> {
  const database = await openDatabase(audit);
  const { rows } = await database.query('select head from entry where subject = $1', [contentRead.subject()]);
  await database.end();
  return rows.map(({ head }) => JSON.parse(head.toString('utf8')));
}

const run = promisify(execFile);

/** `sallyport audit evidence …` as alice. */
async function evidence(...args: string[]): Promise<void> {
  const { world } = audit;
  const services = ['--url', world.urlOf('audit'), '--policy-url', world.urlOf('policy')];
  const who = ['--issuer', world.idp.issuer, '--state-dir', world.dir, '--as', 'alice'];
  const command = new Command();
  registerEvidence(command);
  await command.parseAsync(['evidence', ...args, ...services, ...who, '--json'], { from: 'user' });
}

test('the policy of a period is what was in force at its start and whatever came into force in it', () => {
  const revision = (name: string, ...times: number[]) =>
    ({ revision: name, activations: times.map((at) => ({ at, by: null, message: '' })) }) as never;
  const all = [revision('r3', 30), revision('r2', 20, 40), revision('r1', 10)];
  expect(inForce(all, 0, 10)).toEqual([]);
  expect(inForce(all, 15, 20)).toEqual(['r1']);
  expect(inForce(all, 20, 31)).toEqual(['r2', 'r3']);
  expect(inForce(all, 35, 90)).toEqual(['r3', 'r2']);
});

test('the table of controls names commands, events and files that exist', async () => {
  const { commands: verbs } = await createProgram();
  const rows = evidenceControls.split('\n').filter((line) => /^\| (SOC|ISO|GDPR|EU)/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const [, , , sources = '', commands = ''] = row.split('|');
    for (const [, line = ''] of commands.matchAll(/`([^`]+)`/g)) {
      const [first, second] = line.split(' ');
      const command = verbs.find((one) => one.name() === first);
      expect([line, command?.name()]).toEqual([line, first]);
      if (command!.commands.length === 0) continue;
      expect(command!.commands.map((one) => one.name())).toContain(second);
    }
    for (const [, name] of sources.matchAll(/`([a-z-]+\.[a-z-]+)`/g)) {
      const files = ['ledger.ndjson', 'gaps.json'];
      expect([...files, ...events.map((event) => event.name)]).toContain(name);
    }
  }
});

test('a bundle of evidence verifies by what is in it, and holds the policy that was in force', async () => {
  await audit.world.startServices(['policy']);
  const play = new Play(audit, 'carol', chat('evidence'));
  await eventually(async () =>
    expect(JSON.stringify(await eventsOf(audit.policy, configActivated))).toContain('"revision":"r1"'),
  );
  await play.allowed();
  await eventually(async () => expect((await audit.show('alice', play.id)).outcome).toBe('answered'));
  const covered = async () => {
    const { index } = (await audit.show('alice', play.id)).steps.at(-1)!;
    const [newest] = (await audit.call('alice', '/v1/checkpoints?limit=1')).body.items;
    expect(newest.size).toBeGreaterThanOrEqual(index);
  };
  await eventually(covered, { timeoutMs: 60_000 });

  for (const [name, ...scope] of [
    ['period', '--from', '2026-01-01'],
    ['request', '--request', play.id],
  ] as const) {
    const out = join(audit.world.dir, `evidence-${name}`);
    await evidence(...scope, '--out', out);
    const at = (file: string) => join(out, file);
    const flags = { key: [at('key.txt')], anchor: [at('checkpoint.txt')], origin: 'sallyport' };
    const said: string[] = [];
    expect(await auditVerify(at('ledger.ndjson'), flags, (line) => said.push(line))).toBe(0);
    expect(said.join('\n')).toMatch(/\nINTACT$/);
    expect(await readFile(at('ledger.ndjson'), 'utf8')).toContain(play.id);
    const withPolicy = { ...flags, policy: at('policy') };
    const judged: string[] = [];
    expect(await auditVerify(at('ledger.ndjson'), withPolicy, (line) => judged.push(line))).toBe(0);
    expect(judged.join('\n')).toMatch(/policy +r1, in force by entry \d+: this is its text/);
    await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: out });
    expect(await readFile(at('controls.md'), 'utf8')).toMatch(
      /SOC 2[\s\S]*27001[\s\S]*GDPR[\s\S]*Act \| Art. 26/,
    );
    const policy = await readdir(at('policy'));
    expect(policy).toEqual(expect.arrayContaining(['revisions.json', 'r1.json']));
    const stored = JSON.parse(await readFile(at('policy/r1.json'), 'utf8'));
    const forgeries = [
      { ...stored, document: { ...stored.document, rules: [] } },
      {
        ...stored,
        files: [{ ...stored.files[0], text: stored.files[0].text.replaceAll('sensitive-words', 'words') }],
      },
    ];
    for (const [i, forged] of forgeries.entries()) {
      const folder = join(audit.world.dir, `forged-${name}-${i}`);
      await mkdir(folder);
      await writeFile(join(folder, 'r1.json'), JSON.stringify(forged));
      const flagsOfForged = { ...flags, policy: folder };
      expect(await auditVerify(at('ledger.ndjson'), flagsOfForged, () => undefined)).toBe(1);
    }
    const text = policy.find((file) => file.startsWith('r1-'))!;
    expect(await readFile(at(`policy/${text}`), 'utf8')).toContain('contractors-sensitive-words');
    expect((await readdir(out)).includes(name === 'period' ? 'reports' : 'session.json')).toBe(true);
    await evidence(...scope, '--out', out);
    expect(process.exitCode).toBe(1);
    process.exitCode = 0;
  }
}, 120_000);
