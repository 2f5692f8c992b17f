import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEnvelope, requestJustified, type SinkList } from '#contracts';
import { deadLetterHeaders, deadLetterSubject } from '#messaging';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import type { Markers } from './markers.ts';
import { call, chat, expectCall, heldWith, vote } from './people.ts';
import type { Sealing } from './sealing.ts';
import type { Setting } from './setting.ts';

/** What carol did, by the ids under which it can be asked for. */
export interface Typed {
  /** A request that was held, edited and answered. */
  readonly edited: string;
  /** A response in the background. */
  readonly background: string;
  /** A word of a prompt that was answered. */
  readonly word: string;
}

const largeBytes = 700 * 1024;

/** Types a marker wherever a person's words can come in. */
export async function typeMarkers(setting: Setting, markers: Markers, sealing: Sealing): Promise<Typed> {
  const edited = await typeEdited(setting, markers);
  await typeRejected(setting, markers);
  const word = await typeAllowed(setting, markers);
  const background = await typeInBackground(setting, markers);
  await typeIntoDeadLetter(setting, markers, sealing);
  return { edited, background, word };
}

/** Carol's prompt is held, she says why, alice edits it and approves. */
async function typeEdited(setting: Setting, markers: Markers): Promise<string> {
  const asked = markers.at('a prompt that is held');
  const edit = markers.at('an edit');
  const body = chat(`the password is ${asked}`);
  const { headers } = await call(setting, ['carol', 'ingress', '/v1/chat/completions'], body, {
    prefer: 'respond-async',
  });
  const requestId = headers.get('x-sallyport-request-id') ?? '';
  const held = await heldWith(setting, asked);
  const why = { justification: markers.at('a justification') };
  await expectCall(setting, ['carol', 'ingress', `/v1/requests/${requestId}/justify`], why);
  await expectCall(setting, ['alice', 'approval', `/v1/approvals/${held.id}/edits`], {
    ...{ digest: held.digest, version: held.version, approve: true },
    ...{ body: JSON.stringify(chat(`the password is ${edit}`)), reason: markers.at('a reason to approve') },
  });
  await answered(setting, requestId, edit);
  return requestId;
}

async function typeRejected(setting: Setting, markers: Markers): Promise<void> {
  const asked = markers.at('a prompt that is rejected');
  const answer = call(
    setting,
    ['carol', 'ingress', '/v1/chat/completions'],
    chat(`the password is ${asked}`),
  );
  await vote(setting, await heldWith(setting, asked), 'reject', markers.at('a reason to reject'));
  const { status } = await answer;
  if (status !== 403) throw new Error(`what was rejected was answered ${status}`);
}

/** Small, with a value that is masked reversibly, and so large that it is kept in the object store. */
async function typeAllowed(setting: Setting, markers: Markers): Promise<string> {
  const path = ['carol', 'ingress', '/v1/chat/completions'] as const;
  const word = markers.at('a prompt that is allowed');
  const address = `${markers.at('an address that is masked')}@example.com`;
  const said = await expectCall<object>(setting, path, chat(`hello ${word}, write to ${address}`));
  if (setting.hasEverything && !JSON.stringify(said).includes(address)) {
    throw new Error('what was masked reversibly did not come back');
  }
  const filler = 'lorem ipsum '.repeat(Math.ceil(largeBytes / 12));
  const large = chat(`${filler} ${markers.at('a body in the object store')}`);
  const { status } = await call(setting, path, large);
  // A real model may not take so much; what was asked is kept all the same.
  if (setting.hasEverything && status !== 200) throw new Error(`a large body was answered ${status}`);
  return word;
}

async function typeInBackground(setting: Setting, markers: Markers): Promise<string> {
  const body = {
    model: 'demo',
    input: `hello ${markers.at('a response in the background')}`,
    background: true,
  };
  const begun = await call<{ id?: string }>(setting, ['carol', 'ingress', '/v1/responses'], body);
  const { id } = begun.body;
  // The model that `npm start` brings may not speak this protocol.
  if (id === undefined) {
    if (setting.hasEverything) throw new Error(`no response in the background: ${begun.status}`);
    return '';
  }
  await eventually(
    async () => {
      const { status } = await expectCall<{ status: string }>(setting, [
        'carol',
        'ingress',
        `/v1/responses/${id}`,
      ]);
      if (status !== 'completed' && status !== 'failed')
        throw new Error(`a response in the background is ${status}`);
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  return id;
}

/** A dead letter as a service would leave one: sealed content behind a head that could not be handled. */
async function typeIntoDeadLetter(setting: Setting, markers: Markers, sealing: Sealing): Promise<void> {
  const text = Buffer.from(markers.at('a dead letter'));
  const sealed = await sealing.sealer.seal(sealing.subjectKey, contentLabel('check-erasure', 'body:1'), text);
  const head = encodeEnvelope({ subjectKey: sealing.subjectKey }, sealed);
  await (await setting.bus('ingress')).publish(deadLetterSubject('ingress'), head, {
    headers: {
      [deadLetterHeaders.subject]: requestJustified.subject(),
      [deadLetterHeaders.sequence]: '1',
      [deadLetterHeaders.deliveries]: '1',
      [deadLetterHeaders.code]: 'poison',
    },
  });
}

/** Waits until carol can have her answer. */
function answered(setting: Setting, requestId: string, word: string): Promise<void> {
  return eventually(
    async () => {
      const path = `/v1/requests/${requestId}/response`;
      const { status, body } = await call(setting, ['carol', 'ingress', path]);
      if (status !== 200) throw new Error(`the answer is not there: ${status}`);
      if (setting.hasEverything && !JSON.stringify(body).includes(word))
        throw new Error('another answer came');
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}

/** Waits until copies are where they go: the words in the index, the entries in files. Then writes an export. */
export async function copyOut(setting: Setting, word: string | null, name: string): Promise<void> {
  await eventually(
    async () => {
      const { items } = await expectCall<SinkList>(setting, ['alice', 'audit', '/v1/sinks']).catch(() => ({
        items: [],
      }));
      if (items.some(({ next, behind }) => next === 0 || behind > 0))
        throw new Error('a sink misses entries');
      if (word === null) return;
      const path = `/v1/sessions?words=${word}`;
      const found = await expectCall<{ items: unknown[] }>(setting, ['alice', 'audit', path]);
      if (found.items.length !== 1) throw new Error('the word index does not find what was typed');
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
  const dir = join(setting.dir, 'exports');
  await mkdir(dir, { recursive: true });
  const text = await expectCall<string>(setting, ['alice', 'audit', '/v1/export']);
  await writeFile(join(dir, `${name}.ndjson`), text);
}
