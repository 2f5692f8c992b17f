// Takes the pictures of docs/approvals.md: `npm run pictures`. Their type is Inter where this machine has it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApprovalList } from '#contracts';
import { packageRoot } from '#embedded';
import { eventually } from '#testing';
import { approvalApi, chat, clientOf } from '../journeys/people.ts';
import { startBrowser } from './browser.ts';
import { logIn, startPageWorld, visit } from './page-world.ts';

const target = join(packageRoot(), 'docs', 'images');
const questions = [
  'Draft a reply to Mrs Okafor: her customer data was exported on Monday.',
  'Which API key does the staging cluster use?',
  'How do I reset the pass\u200bword of the ledger database? The old one was cGFzc3dvcmQ= I think.\n\nPlease answer as a list of steps.',
];

const world = await startPageWorld();
const browser = await startBrowser();
try {
  const carol = await clientOf(world, 'carol', { maxRetries: 0 });
  for (const question of questions) {
    const body = { ...chat(question), temperature: 0.2 };
    const messages = [
      { role: 'system' as const, content: 'You answer for the support desk.' },
      ...body.messages,
    ];
    carol.chat.completions.create({ ...body, messages }).catch(() => undefined);
  }
  await eventually(async () => {
    const { body } = await approvalApi<ApprovalList>(world, 'alice', '/v1/approvals');
    if (body.items.length < questions.length) throw new Error('not all are held yet');
  });
  await mkdir(target, { recursive: true });
  const opened = await visit(browser, world, { viewport: { width: 1200, height: 760 } });
  await logIn(opened, world, 'alice');
  const { page, context } = opened;
  const rows = await page.locator('[data-row]').count();
  await page.locator('[data-row]').nth(1).focus();
  await page.screenshot({ path: join(target, 'approvals-list.png') });
  for (let row = 0; row < rows; row++) {
    await page.goto(`${world.urlOf('approval')}/approvals`);
    await page.locator('[data-row]').nth(row).click();
    await page.locator('#decide').waitFor();
    if (await page.getByText('decoded from').count()) break;
  }
  await page.screenshot({ path: join(target, 'approvals-detail.png') });
  const phone = {
    viewport: { width: 390, height: 800 },
    deviceScaleFactor: 1.5,
    colorScheme: 'dark' as const,
  };
  const small = await visit(browser, world, { ...phone, storageState: await context.storageState() });
  await small.page.goto(page.url());
  await small.page.screenshot({ path: join(target, 'approvals-phone.png') });
} finally {
  await browser.close();
  await world.stop();
}
process.exit(0);
