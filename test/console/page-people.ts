import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import { secretFiles } from '#sealing';
import { eventually, type World } from '#testing';
import { readLong, writeLong } from '../../services/approval/page/login/cookies.ts';
import { pageKeys, seal, unseal } from '../../services/approval/page/login/seal.ts';
import { Session } from '../../services/approval/page/login/session.ts';
import { approvalApi, chat, clientOf } from '../journeys/people.ts';
import { NoBrowserError, startBrowser } from './browser.ts';
import { logIn, type PersonsBrowser, startPageWorld, visit } from './page-world.ts';

/** Asked for before anything else, since without it the tests are skipped. */
const browser = await startBrowser().catch((error: unknown) => {
  if (!(error instanceof NoBrowserError)) throw error;
  process.stderr.write(`The decision page is not tested here: ${error.message}\n`);
  return undefined;
});
/** The world of the test file that imports this; there once its tests run. */
export let world: World;
export let url: string;

beforeAll(async () => {
  if (!browser) return;
  world = await startPageWorld();
  url = world.urlOf('approval');
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** A test that needs the browser. */
export const seen = (name: string, work: (chromium: Browser) => Promise<void>): void => {
  if (browser) test(name, () => work(browser), 120_000);
  else test.skip(name, () => undefined);
};

type Options = Parameters<typeof visit>[2];
const known = new Map<string, Awaited<ReturnType<PersonsBrowser['context']['storageState']>>>();

/** A person's browser in which they have logged in before. */
export async function browserOf(
  chromium: Browser,
  user: string,
  options: Options = {},
): Promise<PersonsBrowser> {
  const storageState = known.get(user);
  const opened = await visit(chromium, world, { ...options, ...(storageState && { storageState }) });
  if (!storageState) await logIn(opened, world, user);
  known.set(user, await opened.context.storageState());
  return opened;
}

export const detailOf = async (id: string, user = 'alice'): Promise<ApprovalDetail> =>
  (await approvalApi<ApprovalDetail>(world, user, `/v1/approvals/${id}`)).body;
const newest = async (): Promise<string | undefined> =>
  (await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals?sort=newest&limit=1')).body.items[0]?.id;

/** Carol asks and waits; her answer, or what she got in its place. */
export async function ask(content: string): Promise<{ answer: Promise<string>; id: string }> {
  const before = await newest();
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  const answer = client.chat.completions.create(chat(content)).then(
    ({ choices }) => choices[0]?.message.content ?? '',
    (error: { status?: number; message: string }) => `${error.status}: ${error.message}`,
  );
  const id = await eventually(
    async () => {
      const held = await newest();
      if (held === undefined || held === before) throw new Error('nothing new is held');
      return held;
    },
    { timeoutMs: 30_000 },
  );
  return { answer, id };
}

/** The session's cookies, with a token that has expired in place of the one they hold. */
export async function expiredSession(context: PersonsBrowser['context']) {
  const pem = await readFile(join(world.secrets.dirOf('approval'), secretFiles.approvalSigningKey), 'utf8');
  const keys = pageKeys(pem.trim());
  const cookies = (await context.cookies(url)).filter(({ name }) => name.startsWith('sallyport_session.'));
  const sealed = readLong(new Map(cookies.map(({ name, value }) => [name, value])), 'sallyport_session');
  const session = Session.parse(await unseal(keys, 'session', sealed, Date.now()));
  const token = await world.tokens.expired('alice');
  const value = await seal(keys, 'session', { ...session, token }, Date.now() + 3_600_000);
  const rule = { secure: false, path: '/', maxAgeSeconds: 3600 };
  return (writeLong('sallyport_session', value, rule) ?? []).flatMap((line) => {
    const [name = '', text = ''] = (line.split(';')[0] ?? '').split('=');
    return text === '' ? [] : [{ name, value: text, url, httpOnly: true, sameSite: 'Lax' as const }];
  });
}

export const violations = async (page: Page): Promise<string[]> => {
  const source = axe.source;
  // The page's policy allows no inline script: the checker runs in a world of its own.
  const client = await page.context().newCDPSession(page);
  const { frameTree } = await client.send('Page.getFrameTree');
  const { executionContextId: contextId } = await client.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  });
  await client.send('Runtime.evaluate', { contextId, expression: source });
  const { result } = await client.send('Runtime.evaluate', {
    ...{ contextId, awaitPromise: true, returnByValue: true },
    expression: `axe.run(document).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target)))`,
  });
  await client.detach();
  return result.value as string[];
};
