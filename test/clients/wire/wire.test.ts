import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import './coming-back.cases.ts';
import './held.cases.ts';
import { answerOf } from './setting.ts';
import { spoken } from './spoken.ts';
import { all, closeWorld, each, openWorld, refusal, send, upstream } from './wire-world.ts';

beforeAll(openWorld, 90_000);
afterAll(closeWorld);

describe('an error of the model server', () => {
  afterAll(() => upstream.say(answerOf));

  test.each([
    [400, 'false'],
    [404, 'false'],
    [409, 'true'],
    [429, 'true'],
    [500, 'true'],
  ])(
    'with status %p passes byte for byte, and tells SDKs to do what they would do anyway',
    async (status, retry) => {
      const body = `{ "error" : "upstream says ${status}" }\n`;
      upstream.say({ status, headers: { 'content-type': 'application/json' }, pieces: [body] });
      const got = await each(spoken, async (of, word) => {
        const answer = await send(of, `hello ${word}`).answer;
        const told = answer.headers.get('x-should-retry');
        return { status: answer.status, told, same: (await answer.text()) === body };
      });
      expect(got).toEqual(all(spoken, { status, told: retry, same: true }));
    },
  );
});

describe('in every protocol', () => {
  test('an answer passes byte for byte, with the ids of its request and what the gateway took of its time', async () => {
    const got = await each(spoken, async (of, word) => {
      const answer = await send(of, `hello ${word}`).answer;
      const { headers } = answer;
      const id = headers.get('x-sallyport-request-id') ?? '';
      const isIdOk = /^req-[0-9a-f]{32}$/.test(id) && headers.get('x-request-id') === id;
      const isIdOfAnthropic = headers.get('request-id') === (of.name.startsWith('Anthropic') ? id : null);
      const overhead = headers.get('x-sallyport-overhead-ms') ?? '';
      const isTimed = /^\d+$/.test(overhead);
      return {
        status: answer.status,
        same: (await answer.text()) === of.whole,
        isIdOk,
        isIdOfAnthropic,
        isTimed,
      };
    });
    const good = { status: 200, same: true, isIdOk: true, isIdOfAnthropic: true, isTimed: true };
    expect(got).toEqual(all(spoken, good));
  });

  test('a denied call is 403, never sent again by an SDK, and says which rule', async () => {
    const got = await each(spoken, async (of, word) => {
      const answer = await send(of, `forbidden ${word}`).answer;
      const copy = answer.clone();
      const { rules } = of.readError(await copy.text());
      return { ...(await refusal(of, answer)), rule: (rules as string[])[0] };
    });
    expect(got).toEqual(
      all(spoken, { status: 403, code: 'policy.denied', retry: 'false', hasIds: true, rule: 'forbidden' }),
    );
  });
});
