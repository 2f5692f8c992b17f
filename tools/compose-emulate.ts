import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI from 'openai';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import { requestLocalToken } from '#embedded';
import { eventually } from '#testing';
import { readCompose } from './compose/compose-file.ts';
import { type Emulation, openEmulation } from './compose/emulation.ts';

/**
 * `npm run compose:emulate`: runs each of our services with exactly the command, environment and health check of
 * docker-compose.yml, as processes of this machine with hosts, ports and paths mapped, and does the main job with them.
 */
const seconds = () => (performance.now() / 1000).toFixed(1).padStart(5);
const say = (line: string) => console.log(`${seconds()} s  ${line}`);

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
  say(`✓ ${what}`);
}

async function mainJob(emulation: Emulation): Promise<void> {
  const issuer = `http://127.0.0.1:${emulation.portOf('8085')}`;
  const tokenOf = async (user: string) =>
    (await requestLocalToken(issuer, emulation.identityDir, user)).accessToken;
  const clientOf = async (user: string) =>
    new OpenAI({ apiKey: await tokenOf(user), baseURL: `http://127.0.0.1:${emulation.portOf('8080')}/v1` });
  const ask = async (user: string, content: string) => {
    const client = await clientOf(user);
    const answer = await client.chat.completions.create({
      model: 'demo',
      messages: [{ role: 'user', content }],
    });
    return answer.choices[0]?.message.content ?? '';
  };
  const approvals = async <T>(route: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${await tokenOf('alice')}`, 'content-type': 'application/json' };
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    return (
      await fetch(`http://127.0.0.1:${emulation.portOf('8081')}/v1/approvals${route}`, init)
    ).json() as T;
  };
  emulation.upstream.answer('Write to jane.doe@example.com.');
  const masked = await ask('dave', 'Where do I write to?');
  must(
    masked.startsWith('Write to') && !masked.includes('jane.doe'),
    'an allowed request is answered, masked',
  );
  emulation.upstream.answer('A long one.');
  const before = emulation.upstream.calls();
  const waiting = ask('carol', 'How do I choose a good password?');
  const [held] = await eventually(async () => {
    const { items } = await approvals<ApprovalList>('');
    if (items.length === 0) throw new Error('nothing is held');
    return items;
  });
  must(emulation.upstream.calls() === before, 'a sensitive one waits, and the model is not asked');
  const detail = await approvals<ApprovalDetail>(`/${held!.id}`);
  await approvals(`/${held!.id}/votes`, { vote: 'approve', digest: detail.digest, version: detail.version });
  must((await waiting) === 'A long one.', 'approved, it is answered to the client that waited');
  const refused = await (await clientOf('dave')).chat.completions
    .create({ model: 'unlisted', messages: [{ role: 'user', content: 'x' }] })
    .catch((error: unknown) => error);
  must(refused instanceof OpenAI.PermissionDeniedError, 'an unlisted model is refused');
}

const dir = await mkdtemp(path.join(tmpdir(), 'sallyport-compose-'));
const emulation = await openEmulation(process.cwd(), readCompose('docker-compose.yml'), dir);
try {
  say('broker, database and a mock model run');
  await emulation.runOnce('init');
  say('init is done');
  await emulation.start('identity');
  await emulation.start('policy');
  await Promise.all(['ingress', 'approval', 'masking', 'audit'].map((name) => emulation.start(name)));
  say('identity and the five services are healthy');
  await mainJob(emulation);
} catch (error) {
  process.exitCode = 1;
  console.error(error);
  for (const name of ['policy', 'ingress', 'approval', 'masking', 'audit'])
    console.error(
      `--- ${name}\n${(await readFile(path.join(dir, `${name}.log`), 'utf8').catch(() => '')).slice(-1500)}`,
    );
} finally {
  await emulation.stop();
  await rm(dir, { recursive: true, force: true });
}
