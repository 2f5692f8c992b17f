import { readFileSync } from 'node:fs';
import type { Library } from '../libraries/library.ts';
import { approve, asked, caught, expectRaised, expectThat } from './checks.ts';
import type { Setting } from './setting.ts';

/** One column of the table with llama.cpp behind the gateway. */
export interface ModelCheck {
  readonly title: string;
  readonly run: (setting: Setting, library: Library, word: string) => Promise<string>;
}

/** Reached by its path: the other connection comes first for that model. */
const behind = (setting: Setting, text: string) => {
  const through = asked(setting, text);
  return { ...through, gateway: `${through.gateway}/c/real-model` };
};

/** The same question, of the model itself. */
function direct({ world }: Setting, library: Library, text: string): Promise<string> {
  const token = readFileSync(world.secrets.modelKeyFile, 'utf8').trim();
  return library.whole({ gateway: world.modelUrl ?? '', token, text });
}

async function expectSame(setting: Setting, library: Library, text: string, answer: string): Promise<string> {
  const own = await direct(setting, library, text);
  expectThat(
    own.length > 0 && answer === own,
    `the model itself says "${own.slice(0, 100)}", through: "${answer.slice(0, 100)}"`,
  );
  return 'answered as the model itself does';
}

export const modelChecks: readonly ModelCheck[] = [
  {
    title: 'allowed',
    run: async (setting, library, word) => {
      const text = `What will the weather be like, ${word}?`;
      return expectSame(setting, library, text, await library.whole(behind(setting, text)));
    },
  },
  {
    title: 'allowed stream',
    run: async (setting, library, word) => {
      const text = `How do I deploy a new version, ${word}?`;
      return expectSame(setting, library, text, await library.streamed(behind(setting, text)));
    },
  },
  {
    title: 'masked',
    run: async (setting, library, word) => {
      const text = `Who do I contact about an invoice, ${word}?`;
      const answer = await library.whole(behind(setting, text));
      expectThat(
        (await direct(setting, library, text)).includes('maria.keller@example.com'),
        'no address to mask',
      );
      expectThat(!answer.includes('maria.keller') && answer.includes('finance office'), answer);
      return 'answered, without the address';
    },
  },
  {
    title: 'denied',
    run: async (setting, library, word) =>
      expectRaised(
        await caught(library.whole(behind(setting, `forbidden coffee ${word}`))),
        'policy.denied',
        'forbidden',
      ),
  },
  {
    title: 'held stream → approved',
    run: async (setting, library, word) => {
      const text = `How do I choose a password, ${word}?`;
      const answer = library.streamed(behind(setting, text));
      answer.catch(() => undefined);
      await approve(setting, await setting.held(word));
      return expectSame(setting, library, text, await answer);
    },
  },
];
