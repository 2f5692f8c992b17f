import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BodyStore, Bus } from '#messaging';
import { ContentErasedError, type Sealer } from '#sealing';
import { Bodies } from '../../../services/masking/asking/body.ts';
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
  const bodies = new Bodies({} as Bus, sealer as unknown as Sealer, {} as BodyStore);
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
