import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '#embedded';
import { checks } from './table/checks.ts';
import { libraries } from './table/libraries.ts';
import { otherChecks } from './table/other-checks.ts';
import { otherRoutes } from './table/other-routes.ts';
import { lineOf, modelTitles, otherTitles, sectionOf } from './table/page.ts';
import { modelChecks } from './table/real-model.ts';
import { modelLibraries, runChecks, type Tried } from './table/run.ts';

const chatted = ['allowed', 'held stream → approved', 'held → rejected'];
const page = readFileSync(join(packageRoot(), 'docs', 'clients.md'), 'utf8');
let tried: Tried;

beforeAll(async () => {
  const wanted = checks.filter(({ title }) => chatted.includes(title));
  tried = await runChecks({ checks: wanted, otherChecks, modelChecks });
}, 240_000);

describe('what docs/clients.md says', () => {
  test('of each library is what happens', () => {
    const { chats } = tried;
    expect(chats.filter(({ passed }) => !passed)).toEqual([]);
    expect(chats).toHaveLength(libraries().length * chatted.length);
    for (const { library, check, text } of chats) {
      expect(sectionOf(page, library)).toContain(`| ${check} | ${text} |`);
    }
  });

  test('of every other call is what happens: allowed, denied, and held until people approve it', () => {
    const { others } = tried;
    expect(others.filter(({ passed }) => !passed)).toEqual([]);
    expect(others).toHaveLength(otherRoutes().length * otherTitles.length);
    for (const { library } of others) expect(page).toContain(lineOf(others, library, otherTitles));
  });

  test('of llama.cpp behind the gateway is what happens', () => {
    const { model } = tried;
    expect(model.filter(({ passed }) => !passed)).toEqual([]);
    expect(model).toHaveLength(modelLibraries().length * modelTitles.length);
    for (const { library } of model) expect(page).toContain(lineOf(model, library, modelTitles));
  });
});
