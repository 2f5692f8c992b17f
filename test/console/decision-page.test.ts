import { describe, expect } from '@jest/globals';
import { eventually } from '#testing';
import { vote } from '../journeys/people.ts';
import { changed, policyApi } from '../services/policy/policy-world.ts';
import { ask, browserOf, detailOf, expiredSession, seen, url, violations, world } from './page-people.ts';
import { logIn, visit } from './page-world.ts';

describe('who comes to the page', () => {
  seen('logs in at the identity provider, sees what waits, and logs out', async (chromium) => {
    const { id } = await ask('the password of heron');
    const opened = await visit(chromium, world);
    const { page, context, errors } = opened;
    await logIn(opened, world, 'alice');
    expect(page.url()).toBe(`${url}/approvals`);
    const row = page.locator('.row', { has: page.locator(`#row-${id}`) });
    expect(await row.textContent()).toMatch(/carol.*keyword "password"/s);
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

describe('the page of the API', () => {
  seen('shows every operation, and needs nothing that it may not load', async (chromium) => {
    const { page, context, errors } = await visit(chromium, world);
    await page.goto(`${url}/docs`);
    await page.getByText('Approves or rejects what was shown', { exact: false }).waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });
});

describe('content that approvers see masked', () => {
  seen('is so without being told, and what else is marked stays marked', async (chromium) => {
    const { id } = await ask('the password of john.doe@example.com, oystercatcher');
    expect((await detailOf(id)).content.shown).toBe('masked');
    const { page, context } = await browserOf(chromium, 'alice');
    await page.goto(`${url}/approvals/${id}`);
    const turn = page.getByRole('article', { name: 'user' });
    expect(await turn.textContent()).toMatch(/the password of \[EMAIL_ADDRESS_\w+\], oystercatcher/);
    expect(await turn.locator('mark').first().textContent()).toContain('password');
    await context.close();
  });

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
