import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ReleaseTerms, requestReleased } from '#contracts';
import type { BodyStore, Bus, EventMessage } from '#messaging';
import {
  ContentErasedError,
  PeopleReleaseSigner,
  PeopleReleaseVerifier,
  RuleReleaseKey,
  type Sealer,
} from '#sealing';
import { Bodies } from '../../../services/masking/asking/body.ts';
import { RequestSealer } from '../../../services/masking/asking/request-sealer.ts';
import {
  OnRequestReleased,
  type ReleaseDesk,
} from '../../../services/masking/running/on-request-released.ts';
import type { Release } from '../../../services/masking/running/release.ts';

const clear = Buffer.from('{"model":"demo"}');

function releaseOf(digest = createHash('sha256').update(clear).digest('hex')): Release {
  const terms = { requestId: 'req-1', version: 1, digest };
  return {
    head: { terms, subjectKey: 'k', body: { location: { in: 'tail' } } },
    message: { tail: Buffer.from('sealed') },
  } as unknown as Release;
}

const begun = async (): Promise<void> => {
  for (let k = 0; k < 10; k++) await Promise.resolve();
};

/** Bodies whose opened texts are counted. */
function bodiesOf(open: () => Promise<Buffer> = async () => clear): { bodies: Bodies; opened: () => number } {
  let count = 0;
  const sealer = {
    open: () => {
      count += 1;
      return open();
    },
  };
  const own = new RequestSealer(sealer as unknown as Sealer);
  const bodies = new Bodies({} as Bus, sealer as unknown as Sealer, {} as BodyStore, own);
  return { bodies, opened: () => count };
}

describe('a body that is opened while the run is being claimed', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('is opened before anybody asks, and not again for whoever asks first', async () => {
    const { bodies, opened } = bodiesOf();
    const release = releaseOf();
    bodies.begin(release);
    await begun();
    expect(opened()).toBe(1);
    expect(await bodies.open(release)).toEqual(clear);
    expect(opened()).toBe(1);
    expect(await bodies.open(release)).toEqual(clear);
    expect(opened()).toBe(2);
  });

  test('is opened anew a second later: it may have been erased since', async () => {
    let isErased = false;
    const { bodies } = bodiesOf(async () => {
      if (isErased) throw new ContentErasedError();
      return clear;
    });
    const [early, late] = [releaseOf(), releaseOf()];
    bodies.begin(early);
    bodies.begin(late);
    await begun();
    isErased = true;
    jest.advanceTimersByTime(999);
    expect(await bodies.open(early)).toEqual(clear);
    jest.advanceTimersByTime(1);
    await expect(bodies.open(late)).rejects.toBeInstanceOf(ContentErasedError);
  });

  test('that can not be opened, or is another one, fails for whoever asks and for nobody else', async () => {
    const { bodies } = bodiesOf(async () => {
      throw new ContentErasedError();
    });
    const unasked = releaseOf();
    bodies.begin(unasked);
    const asked = releaseOf();
    bodies.begin(asked);
    await expect(bodies.open(asked)).rejects.toBeInstanceOf(ContentErasedError);
    const forged = releaseOf('0'.repeat(64));
    const other = bodiesOf();
    other.bodies.begin(forged);
    await expect(other.bodies.open(forged)).rejects.toThrow('release refused: digest');
  });
});

describe('a release that arrives', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer = new PeopleReleaseSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const people = new PeopleReleaseVerifier(publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const rule = new RuleReleaseKey(randomBytes(32));
  const terms: ReleaseTerms = {
    ...{ requestId: 'req-1', version: 1, gate: 'prompt', digest: 'd', connection: 'local' },
    ...{ upstreamModel: 'm', operation: 'chat.completions', obligations: {}, notAfter: 1 },
  };

  /** How often its body was opened by the time that somebody looks whether it is to be run at all. */
  async function openedBefore(by: 'people' | 'rule', deliveries: number): Promise<number> {
    const { bodies, opened } = bodiesOf();
    let seen = -1;
    const admit = async () => {
      await begun();
      seen = opened();
      return { kind: 'stop' };
    };
    const desk = {
      keys: { rule, people },
      tools: { bodies },
      admission: { admit },
    } as unknown as ReleaseDesk;
    const head = {
      ...{ terms, signature: by === 'people' ? signer.sign(terms) : rule.sign(terms), subjectKey: 'k' },
      ...{ protocol: 'openai-chat', method: 'POST', path: '/v1/chat/completions' },
      body: { location: { in: 'tail' } },
    };
    const message = {
      head,
      subject: requestReleased.subject(by, 'local'),
      deliveries,
      tail: Buffer.from('x'),
    };
    const released = message as unknown as EventMessage<typeof requestReleased>;
    await new OnRequestReleased(desk).handle(released, { upstream: undefined, sinceMs: 0 });
    return seen;
  }

  test('has its body opened meanwhile the first time, when its run has to be claimed', async () => {
    expect(await openedBefore('people', 1)).toBe(1);
  });

  test('again has nothing opened before its run is claimed: another replica may have it, or it ended', async () => {
    expect(await openedBefore('people', 2)).toBe(0);
  });

  test('of a rule, which claims nothing, has nothing opened ahead', async () => {
    expect(await openedBefore('rule', 1)).toBe(0);
  });
});
