import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeEnvelope, requestJustified } from '#contracts';
import { packageRoot, requestLocalToken } from '#embedded';
import { Bus, deadLetterHeaders, deadLetterSubject } from '#messaging';
import { contentLabel, keyEncryptionKey, Sealer, SubjectNames, secretFiles } from '#sealing';
import { findMarkers } from './checks/find-markers.ts';

/**
 * `npm run check:erasure`: types markers into a prompt, an edit, a reason, a justification and a dead letter of a
 * running `npm start`, then reads every byte of its state and logs. Content must be nowhere in the clear: 0 hits.
 */
const { values: flags } = parseArgs({
  options: {
    'state-dir': {
      type: 'string',
      default: process.env.SALLYPORT_STATE_DIR ?? join(packageRoot(), '.sallyport'),
    },
    issuer: { type: 'string', default: process.env.SALLYPORT_ISSUER ?? 'http://127.0.0.1:8085' },
    ingress: { type: 'string', default: process.env.SALLYPORT_INGRESS_URL ?? 'http://127.0.0.1:8080' },
    approval: { type: 'string', default: process.env.SALLYPORT_APPROVAL_URL ?? 'http://127.0.0.1:8081' },
    nats: { type: 'string', default: process.env.NATS_URL ?? 'nats://127.0.0.1:4322' },
    json: { type: 'boolean', default: false },
  },
});
const stateDir = resolve(flags['state-dir']);
const waitMs = 60_000;
/** Long enough that no compressed or random bytes hold it by chance. */
const marker = (what: string) => `MARK${what}${randomBytes(9).toString('hex')}`;

interface Approval {
  id: string;
  requestId: string;
  version: number;
  digest: string;
  state: string;
}

async function call<T>(user: string, url: string, body?: object): Promise<T> {
  const { accessToken } = await requestLocalToken(flags.issuer, join(stateDir, 'identity'), user);
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok && response.status !== 403) throw new Error(`${url}: ${response.status}`);
  return answer;
}

const prompt = (text: string) => ({ model: 'demo', messages: [{ role: 'user', content: text }] });

/** Carol's open approvals, newest first. */
async function carolsApprovals(): Promise<Approval[]> {
  const url = `${flags.approval}/v1/approvals?requester=carol&sort=newest`;
  return (await call<{ items: Approval[] }>('alice', url)).items;
}

/** The open approval that a prompt of this check led to: one that was not there before. */
async function openApproval(known: ReadonlySet<string>): Promise<Approval> {
  for (const endMs = Date.now() + waitMs; Date.now() < endMs; ) {
    const items = await carolsApprovals();
    const found = items.find(({ id, state }) => state === 'pending' && !known.has(id));
    if (found !== undefined) return found;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error('the prompt was not held: is the shipped sallyport.yaml in force?');
}

/** Carol asks, alice decides; gives what was typed. */
async function typeThroughTheGateway(): Promise<string[]> {
  const [asked, edited, approved, refused, again] = ['P', 'E', 'A', 'R', 'Q'].map(marker) as [
    ...[string, string, string, string, string],
  ];
  const known = new Set((await carolsApprovals()).map(({ id }) => id));
  const ask = (text: string) =>
    call('carol', `${flags.ingress}/v1/chat/completions`, prompt(`the password is ${text}`));
  const first = ask(asked);
  const held = await openApproval(known);
  known.add(held.id);
  const url = `${flags.approval}/v1/approvals/${held.id}`;
  const body = JSON.stringify(prompt(`the password is ${edited}`));
  const edit = { digest: held.digest, version: held.version, body, approve: true, reason: approved };
  await call('alice', `${url}/edits`, edit);
  await first;
  const second = ask(again);
  const next = await openApproval(known);
  const vote = { vote: 'reject', digest: next.digest, version: next.version, reason: refused };
  await call('alice', `${flags.approval}/v1/approvals/${next.id}/votes`, vote);
  await second;
  return [asked, edited, approved, refused, again];
}

/** A dead letter as a service would leave one: sealed content behind a head that could not be handled. */
async function typeIntoDeadLetter(): Promise<string> {
  const text = marker('D');
  const secrets = join(stateDir, 'secrets', 'ingress');
  const secret = async (file: string) => (await readFile(join(secrets, file), 'utf8')).trim();
  const bus = await Bus.connect({
    url: flags.nats,
    user: 'ingress',
    password: await secret('nats-password'),
  });
  const sealer = new Sealer(
    bus,
    keyEncryptionKey(Buffer.from(await secret(secretFiles.keyEncryptionKey), 'hex')),
  );
  try {
    const names = new SubjectNames(Buffer.from(await secret(secretFiles.subjectNames), 'hex'));
    const subjectKey = names.of({ issuer: flags.issuer, subject: 'carol' });
    const sealed = await sealer.seal(subjectKey, contentLabel('check-erasure', 'body:1'), Buffer.from(text));
    await bus.publish(deadLetterSubject('ingress'), encodeEnvelope({ subjectKey }, sealed), {
      headers: {
        [deadLetterHeaders.subject]: requestJustified.subject(),
        [deadLetterHeaders.sequence]: '1',
        [deadLetterHeaders.deliveries]: '1',
        [deadLetterHeaders.code]: 'poison',
      },
    });
    return text;
  } finally {
    sealer.close();
    await bus.close();
  }
}

const markers = [...(await typeThroughTheGateway()), await typeIntoDeadLetter()];
const report = await findMarkers(stateDir, markers);
const isClean = report.hits.length === 0;
if (flags.json) process.stdout.write(`${JSON.stringify({ markers: markers.length, ...report })}\n`);
else {
  for (const { file, form } of report.hits) process.stdout.write(`found in ${file} (${form})\n`);
  const read = `${report.files} files, ${(report.bytes / 1e6).toFixed(1)} MB`;
  process.stdout.write(`${markers.length} markers typed, ${read} read, ${report.hits.length} hits\n`);
}
process.exitCode = isClean ? 0 : 1;
