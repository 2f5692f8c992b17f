import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { parseDocument } from 'yaml';
import { startWorld, type World } from '#testing';

/** The shipped configuration, with carol (who asks) and dave among those who may approve. */
const config = ({ issuer, upstream }: { issuer: string; upstream: string }): string => {
  const document = parseDocument(readFileSync('sallyport.yaml', 'utf8'));
  document.setIn(['identity', 'issuers', 0, 'issuer'], issuer);
  document.setIn(['connections', 'demo', 'baseUrl'], upstream);
  document.setIn(['roles', 'approver'], ['security', 'contractors', 'platform']);
  document.setIn(['approvals', 'groups', 'security', 'members'], ['carol']);
  document.setIn(['approvals', 'groups', 'keepers'], { members: ['dave'] });
  document.addIn(['rules'], {
    name: 'answers-about-mergers',
    match: { groups: ['contractors'] },
    effect: 'allow',
    review: { when: { keywords: ['merger'] } },
    approval: { all: { security: 1 } },
  });
  document.setIn(['approvals', 'breakGlass'], { group: 'keepers', reviewers: 1 });
  return document.toString();
};

/** Every service that a request meets, as processes. */
export async function startPageWorld(): Promise<World> {
  const world = await startWorld({ config });
  try {
    await world.startServices(['policy', 'ingress', 'approval', 'masking']);
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

/** A person's browser, and what went wrong in it. */
export interface PersonsBrowser {
  context: BrowserContext;
  page: Page;
  errors: string[];
}

/** A fresh browser profile that shows the page, where it may have to log in first. */
export async function visit(
  browser: Browser,
  world: World,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<PersonsBrowser> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${world.urlOf('approval')}/approvals`);
  return { context, page, errors };
}

/** Logs in at the identity provider, as anybody would. */
export async function logIn({ page }: PersonsBrowser, world: World, user: string): Promise<void> {
  await page.getByLabel('Name').fill(user);
  await page.getByLabel('Password').fill(world.idp.state.passwords[user] ?? '');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Waiting for people' }).waitFor();
}
