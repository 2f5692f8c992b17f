import { approve, asked, caught, expectRaised, expectThat } from './checks.ts';
import type { OtherRoute } from './other-routes.ts';
import type { Setting } from './setting.ts';

/** One column of the table of other calls. */
export interface OtherCheck {
  readonly title: string;
  /** `word` stands in no other request. Gives what the client's program saw. */
  readonly run: (setting: Setting, route: OtherRoute, word: string) => Promise<string>;
}

function expectShown({ shows }: OtherRoute, text: string): string {
  expectThat(shows.test(text), `expected ${shows} in "${text.slice(0, 200)}"`);
  return 'answered';
}

export const otherChecks: readonly OtherCheck[] = [
  {
    title: 'allowed',
    run: async (setting, route, word) => expectShown(route, await route.ask(asked(setting, `hello ${word}`))),
  },
  {
    title: 'denied',
    run: async (setting, route, word) => {
      if (route.answeredHere) return '–';
      const error = await caught(route.ask(asked(setting, `forbidden ${word}`)));
      return expectRaised(error, 'policy.denied', 'forbidden');
    },
  },
  {
    title: 'held → approved',
    run: async (setting, route, word) => {
      if (route.answeredHere) return '–';
      const answer = route.ask(asked(setting, `hello password of ${word}`));
      answer.catch(() => undefined);
      await approve(setting, await setting.held(word));
      return expectShown(route, await answer);
    },
  },
];
