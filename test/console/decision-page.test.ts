import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { ApprovalDetail, ApprovalList } from '#contracts';
import { secretFiles } from '#sealing';
import { eventually, type World } from '#testing';
import { readLong, writeLong } from '../../services/approval/page/login/cookies.ts';
import { pageKeys, seal, unseal } from '../../services/approval/page/login/seal.ts';
import { Session } from '../../services/approval/page/login/session.ts';
import { approvalApi, chat, clientOf, vote } from '../journeys/people.ts';
import { changed, policyApi } from '../services/policy-world.ts';
import { NoBrowserError, startBrowser } from './browser.ts';
import { logIn, type PersonsBrowser, startPageWorld, visit } from './page-world.ts';

/** Asked for before anything else, since without it the tests are skipped. */
const browser = await startBrowser().catch((error: unknown) => {
  if (!(error instanceof NoBrowserError)) throw error;
  process.stderr.write(`The decision page is not tested here: ${error.message}\n`);
  return undefined;
});
let world: World;
let url: string;

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
const seen = (name: string, work: (chromium: Browser) => Promise<void>): void => {
  if (browser) test(name, () => work(browser), 120_000);
  else test.skip(name, () => undefined);
};

type Options = Parameters<typeof visit>[2];
const known = new Map<string, Awaited<ReturnType<PersonsBrowser['context']['storageState']>>>();

/** A person's browser in which they have logged in before. */
async function browserOf(chromium: Browser, user: string, options: Options = {}): Promise<PersonsBrowser> {
  const storageState = known.get(user);
  const opened = await visit(chromium, world, { ...options, ...(storageState && { storageState }) });
  if (!storageState) await logIn(opened, world, user);
  known.set(user, await opened.context.storageState());
  return opened;
}

const detailOf = async (id: string, user = 'alice'): Promise<ApprovalDetail> =>
  (await approvalApi<ApprovalDetail>(world, user, `/v1/approvals/${id}`)).body;
const newest = async (): Promise<string | undefined> =>
  (await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals?sort=newest&limit=1')).body.items[0]?.id;

/** Carol asks and waits; her answer, or what she got in its place. */
async function ask(content: string): Promise<{ answer: Promise<string>; id: string }> {
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
async function expiredSession(context: PersonsBrowser['context']) {
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

const violations = async (page: Page): Promise<string[]> => {
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

describe('who comes to the page', () => {
  seen('logs in at the identity provider, sees what waits, and logs out', async (chromium) => {
    const { id } = await ask('the password of heron');
    const opened = await visit(chromium, world);
    const { page, context, errors } = opened;
    await logIn(opened, world, 'alice');
    expect(page.url()).toBe(`${url}/approvals`);
    expect(await page.locator(`#row-${id}`).textContent()).toContain('carol');
    const cookies = await context.cookies(url);
    expect(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Lax')).toBe(true);
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
    expect((await fetch(`${url}/approvals`, { redirect: 'manual' })).headers.get('location')).toContain(
      '/login?to=',
    );
    expect(errors).toEqual([]);
    await context.close();
  });

  seen('is led from a link to the request behind it, and nowhere else', async (chromium) => {
    const { id } = await ask('the password of stork');
    const { page, context } = await browserOf(chromium, 'bob');
    await page.goto(`${url}/approvals/${id}`);
    expect(await page.locator('h1').textContent()).toContain('carol');
    await page.goto(`${url}/login?to=${encodeURIComponent('//elsewhere.test/approvals')}`);
    expect(page.url()).toBe(`${url}/approvals`);
    await context.close();
  });

  seen('is told why they may not decide', async (chromium) => {
    const { id } = await ask('the password of crane');
    const { page, context } = await browserOf(chromium, 'carol');
    await page.goto(`${url}/approvals/${id}`);
    expect(await page.locator('#why-not').textContent()).toMatch(/can't decide: .*(requester|own|asked)/i);
    expect(await page.getByRole('button', { name: 'Approve what you see' }).count()).toBe(0);
    await page.goto(`${url}/approvals/req-${'0'.repeat(32)}`);
    expect(await page.locator('main').textContent()).toContain('approval.not_found');
    await context.close();
  });
});

describe('what is shown', () => {
  seen('is inert, complete, and says what cannot be seen', async (chromium) => {
    const hostile =
      '<script>alert(1)</script><img src=x onerror=alert(2)> "\'&amp; \u202Egnp.exe\u202C p\u200bassword of condor';
    const { id } = await ask(hostile);
    const { page, context, errors } = await browserOf(chromium, 'alice');
    await page.goto(`${url}/approvals/${id}`);
    const turn = page.getByRole('article', { name: 'user' });
    expect(await turn.locator('script, img').count()).toBe(0);
    const text = await turn.locator('pre').textContent();
    expect(text).toContain(
      '<script>alert(1)</script><img src=x onerror=alert(2)> "\'&amp; U+202Egnp.exeU+202C pU+200Bassword',
    );
    expect(await page.content()).not.toMatch(/[\u202e\u200b]/);
    expect(await turn.locator('mark').first().getAttribute('title')).toContain('contractors-sensitive-words');
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
    await context.close();
  });

  seen('fits a phone, in the dark too', async (chromium) => {
    const { id } = await ask(`the password of ${'x'.repeat(300)} egret`);
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' as const };
    const { page, context } = await browserOf(chromium, 'alice', phone);
    const all = [
      '/approvals',
      `/approvals/${id}`,
      `/approvals/${id}/edit`,
      '/reviews',
      '/grants',
      '/statistics',
    ];
    for (const path of all) {
      await page.goto(url + path);
      expect({ path, width: await page.evaluate('document.documentElement.scrollWidth') }).toEqual({
        path,
        width: 360,
      });
      expect({ path, found: await violations(page) }).toEqual({ path, found: [] });
    }
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(15, 20, 23)');
    await context.close();
  });

  seen('follows changes made elsewhere', async (chromium) => {
    const { page, context } = await browserOf(chromium, 'alice');
    await page.locator('[data-following]').waitFor({ state: 'attached' });
    const { id } = await ask('the password of ibis');
    await page.locator(`#row-${id}`).waitFor();
    await page.goto(`${url}/approvals/${id}`);
    await page.locator('[data-following]').waitFor({ state: 'attached' });
    await vote(world, 'bob', await detailOf(id), 'reject', 'no');
    await page.getByText('This has changed since you opened it').waitFor();
    await context.close();
  });
});

describe('a decision', () => {
  seen('made with the keyboard alone lets the parked request run', async (chromium) => {
    world.upstream.answer('The keys are in the safe.');
    const { answer, id } = await ask('the password of plover');
    const { page, context } = await browserOf(chromium, 'alice');
    await page.locator(`#row-${id}`).waitFor();
    const rows = await page.locator('[data-row]').count();
    for (let row = 0; row < rows; row++) {
      await page.keyboard.press('j');
      if (await page.locator(`#row-${id}:focus`).count()) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/approvals/${id}`);
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
    await page.getByText('Your approval is recorded.').waitFor();
    expect(await answer).toBe('The keys are in the safe.');
    await context.close();
  });

  seen('to reject needs a reason, which the caller is shown', async (chromium) => {
    const { answer, id } = await ask('the password of bittern');
    const { page, context } = await browserOf(chromium, 'alice', { javaScriptEnabled: false });
    await page.goto(`${url}/approvals/${id}`);
    await page.getByRole('button', { name: 'Reject' }).click();
    expect(page.url()).toBe(`${url}/approvals/${id}`);
    await page.getByLabel('Reason to reject').fill('Ask your manager <b>first</b>');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Your rejection is recorded.').waitFor();
    expect(await answer).toMatch(/^403: .*Ask your manager <b>first<\/b>/);
    expect(await page.locator('#history blockquote').textContent()).toBe('Ask your manager <b>first</b>');
    await context.close();
  });

  seen('on an edit shows what it changes first, and what was changed afterwards', async (chromium) => {
    world.upstream.answer('Like this.');
    const { answer, id } = await ask('how to share the customer data of gannet');
    const { page, context } = await browserOf(chromium, 'bob');
    await page.goto(`${url}/approvals/${id}`);
    await page.keyboard.press('e');
    const field = page.getByLabel('user: content');
    await field.fill('how to share the customer data with nobody');
    await page.getByRole('button', { name: 'Show what changes' }).click();
    expect(await page.locator('.diff del').textContent()).toBe('of gannet');
    expect(await page.locator('.diff ins').textContent()).toBe('with nobody');
    expect((await detailOf(id)).version).toBe(1);
    await page.getByRole('button', { name: 'Send and approve' }).click();
    await page.getByText('Your edit is recorded.').waitFor();
    expect(await answer).toBe('Like this.');
    expect(world.upstream.requests.at(-1)?.body).toContain('with nobody');
    await page.goto(`${url}/approvals/${id}`);
    expect(await page.getByRole('heading', { name: 'Edit: version 2' }).count()).toBe(1);
    await context.close();
  });

  seen('about something that changed since is refused, with what changed', async (chromium) => {
    const { id } = await ask('the password of dunlin');
    const { page, context } = await browserOf(chromium, 'alice');
    await page.goto(`${url}/approvals/${id}`);
    const before = await detailOf(id);
    const edits = [
      { op: 'replace', pointer: '/messages/0/content', value: 'the password of a dunlin, please' },
    ];
    await approvalApi(world, 'bob', `/v1/approvals/${id}/edits`, {
      version: 1,
      digest: before.digest,
      edits,
    });
    await eventually(async () => expect((await detailOf(id)).version).toBe(2));
    const [response] = await Promise.all([
      page.waitForResponse((one) => one.url().endsWith('/votes')),
      page.getByRole('button', { name: 'Approve what you see' }).click(),
    ]);
    expect(response.status()).toBe(409);
    const told = await page.getByRole('alert').textContent();
    expect(told).toContain('approval.outdated');
    expect(told).toContain('What bob changed in version 2');
    expect(await page.getByRole('alert').locator('ins').allTextContents()).toContain('a dunlin, please');
    expect((await detailOf(id)).state).toBe('pending');
    await context.close();
  });

  seen('made alone by breaking the glass waits for a review, which another closes', async (chromium) => {
    const { id } = await ask('the password of osprey');
    const dave = await browserOf(chromium, 'dave');
    await dave.page.goto(`${url}/approvals/${id}`);
    await dave.page.getByText('Break the glass').click();
    await dave.page.getByLabel("Why it can't wait").fill('the site is down');
    await dave.page.getByRole('button', { name: 'Approve alone' }).click();
    await dave.page.getByText('Your approval is recorded.').waitFor();
    const alice = await browserOf(chromium, 'alice');
    await alice.page.goto(`${url}/reviews`);
    await alice.page.getByText('Close it for your part').click();
    await alice.page.getByLabel('What you found').fill('it was down indeed');
    await alice.page.getByRole('button', { name: 'Close for my part' }).click();
    await alice.page.getByText('Nothing to review.').waitFor();
    await Promise.all([dave.context.close(), alice.context.close()]);
  });
});

describe('an approval that covers further requests', () => {
  seen('is listed, counted and taken back; the statistics say how people decide', async (chromium) => {
    world.upstream.answer('In the cupboard.');
    const { answer, id } = await ask('the password of turnstone');
    const { page, context, errors } = await browserOf(chromium, 'alice');
    await page.goto(`${url}/approvals/${id}`);
    await page.getByLabel('Requests of the same shape').selectOption('uses');
    await page.getByRole('button', { name: 'Approve what you see' }).click();
    await page.getByText('Your approval is recorded.').waitFor();
    expect(await answer).toBe('In the cupboard.');
    await page.getByRole('link', { name: 'Grants' }).click();
    const card = page.locator('.card', { has: page.locator(`a[href="/approvals/${id}"]`) });
    await card.getByText('in force').waitFor();
    expect(await card.getByText('used 0 of 20 times').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await card.getByText('Take it back…').click();
    await card.getByLabel('Reason').fill('enough of them');
    await card.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('The grant was taken back').waitFor();
    expect(await card.count()).toBe(0);
    await page.getByRole('link', { name: 'Ended ones too' }).click();
    await card.getByText('ended: taken back by').waitFor();
    await page.getByRole('link', { name: 'Statistics' }).click();
    const rule = page.getByRole('row').filter({ hasText: 'contractors-sensitive-words' });
    await rule.getByRole('cell').first().waitFor();
    expect(Number(await rule.getByRole('cell').nth(1).textContent())).toBeGreaterThan(0);
    expect(await page.getByRole('row').filter({ hasText: 'alice' }).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
    await context.close();
  });
});

describe('a form that the page did not make', () => {
  seen('is refused: from another site, without a token, with another session’s', async (chromium) => {
    const { id } = await ask('the password of whimbrel');
    const { page, context } = await browserOf(chromium, 'alice');
    const other = await browserOf(chromium, 'bob');
    await page.goto(`${url}/approvals/${id}`);
    await other.page.goto(`${url}/approvals/${id}`);
    const field = (from: Page, name: string) =>
      from.locator(`form[action$="/votes"] [name=${name}]`).first().inputValue();
    const [digest, own, foreign] = [
      await field(page, 'digest'),
      await field(page, 'csrf'),
      await field(other.page, 'csrf'),
    ];
    const send = (csrf: string | undefined, headers: Record<string, string> = {}) =>
      context.request.post(`${url}/approvals/${id}/votes`, {
        form: { vote: 'approve', version: '1', digest, ...(csrf !== undefined && { csrf }) },
        headers,
        maxRedirects: 0,
      });
    expect((await send(undefined)).status()).toBe(403);
    expect((await send(foreign)).status()).toBe(403);
    expect((await send(own, { origin: 'https://elsewhere.test' })).status()).toBe(403);
    expect((await send(own, { 'sec-fetch-site': 'cross-site' })).status()).toBe(403);
    expect((await detailOf(id)).state).toBe('pending');
    expect((await send(own, { origin: url })).status()).toBe(303);
    await Promise.all([context.close(), other.context.close()]);
  });

  seen(
    'sent by a site in the same browser decides nothing, and no site can frame the page',
    async (chromium) => {
      const { id } = await ask('the password of avocet');
      const { page, context } = await browserOf(chromium, 'alice');
      // The identity provider's address is another site's origin to the page.
      await page.goto(`${world.idp.issuer}/healthz`);
      await page.setContent(
        `<form method="post" action="${url}/approvals/${id}/votes"><input name="vote" value="approve"><button>go</button></form>
       <iframe src="${url}/approvals"></iframe>`,
      );
      await page.getByRole('button', { name: 'go' }).click();
      await page.getByText('access.forbidden').waitFor();
      expect((await detailOf(id)).state).toBe('pending');
      const { headers } = await fetch(`${url}/approvals`, { redirect: 'manual' });
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe-inline');
      await context.close();
    },
  );
});

describe('an answer that waits', () => {
  seen('is redacted line by line, and reaches its caller without what was taken out', async (chromium) => {
    world.upstream.answer('The merger with Larkspur is in May.');
    const calls = world.upstream.calls();
    const { answer, id } = await ask('what about kestrel');
    const { page, context } = await browserOf(chromium, 'alice');
    await page.goto(`${url}/approvals/${encodeURIComponent(id)}`);
    expect(await page.getByRole('article', { name: 'answer' }).first().textContent()).toContain('Larkspur');
    await page.getByRole('link', { name: 'Redact…' }).click();
    await page.getByLabel('Texts to take out').fill('Larkspur\nMay');
    await page.getByRole('button', { name: 'Show what changes' }).click();
    await page.getByRole('button', { name: 'Send and release' }).click();
    await page.getByText('Your edit is recorded.').waitFor();
    expect(await answer).toBe('The merger with [REDACTED] is in [REDACTED].');
    expect(world.upstream.calls()).toBe(calls + 1);
    await context.close();
  });
});

describe('a login that has ended', () => {
  seen('loses nothing that was typed: after a new one it is sent', async (chromium) => {
    const { answer, id } = await ask('the password of turnstone');
    const { page, context } = await browserOf(chromium, 'alice');
    await page.goto(`${url}/approvals/${id}`);
    await page.getByLabel('Reason to reject').fill('too late\nfor today');
    await context.addCookies(await expiredSession(context));
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('heading', { name: 'Your login has ended' }).waitFor();
    expect((await detailOf(id)).state).toBe('pending');
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Log in again' }).click(),
    ]);
    await tab.getByRole('heading', { name: 'You are logged in' }).waitFor();
    await page.getByRole('button', { name: 'Send it now' }).click();
    await page.getByText('Your rejection is recorded.').waitFor();
    expect(await answer).toMatch(/^403: .*too late\s+for today/s);
    await context.close();
  });
});

describe('content that approvers see masked', () => {
  seen('is shown, and can be edited, only for a reason that is recorded', async (chromium) => {
    const files = await changed(world, 'approvals:\n', 'approvals:\n  shownAs: standard\n');
    const { body } = await policyApi(world, 'erin', '/v1/revisions', { files, message: 'masked' });
    await policyApi(world, 'erin', `/v1/revisions/${body.revision}/activate`, {});
    const { id } = await ask('the password of jane.doe@example.com, sanderling');
    await eventually(async () => expect((await detailOf(id)).content.shown).toBe('masked'));
    const { page, context } = await browserOf(chromium, 'bob');
    await page.goto(`${url}/approvals/${id}/edit`);
    expect(page.url()).toBe(`${url}/approvals/${id}`);
    expect(await page.content()).not.toContain('jane.doe');
    await page.getByText('Content is masked').click();
    await page.getByLabel('Why you need to see it').fill('to find whose it is');
    await page.getByRole('button', { name: 'Show unmasked' }).click();
    await page.getByText('jane.doe@example.com').waitFor();
    expect(await page.locator('#history').textContent()).toContain('to find whose it is');
    await page.getByRole('button', { name: 'Edit…' }).click();
    await page.getByLabel('user: content').fill('the password of nobody, sanderling');
    await page.getByRole('button', { name: 'Show what changes' }).click();
    await page.getByRole('button', { name: 'Send for others to decide' }).click();
    await page.getByText('Your edit is recorded.').waitFor();
    await eventually(async () => expect((await detailOf(id)).version).toBe(2));
    const reasons = (await detailOf(id)).history
      .filter(({ kind }) => kind === 'revealed')
      .map(({ text }) => text);
    expect(reasons).toEqual(['to find whose it is', 'to find whose it is', 'to find whose it is']);
    await context.close();
  });
});
