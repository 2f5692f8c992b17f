import { describe, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '#testing';
import { approvalApi } from '../journeys/people.ts';
import { ask, browserOf, detailOf, seen, url, violations, world } from './page-people.ts';

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
    expect(Number(await rule.getByRole('cell').nth(2).textContent())).toBeGreaterThan(0);
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
