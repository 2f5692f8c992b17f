import { describe, expect, test } from '@jest/globals';
import { Turns } from '../../../services/ingress/waiting/turns.ts';

/** Work that ends when it is told to. */
function job(name: string, log: string[]) {
  let end: (error?: Error) => void = () => undefined;
  const ended = new Promise<string>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve(name));
  });
  const run = (): Promise<string> => {
    log.push(name);
    return ended;
  };
  return { run, end: (error?: Error) => end(error) };
}

describe('turns', () => {
  test('let so many go on at a time, the rest in order, also after one that failed', async () => {
    const log: string[] = [];
    const turns = new Turns(2);
    const jobs = ['a', 'b', 'c', 'd'].map((name) => job(name, log));
    const [a, b, c, d] = jobs.map(({ run }) => turns.take(run)) as Promise<string>[];
    expect(log).toEqual(['a', 'b']);
    jobs[1]?.end(new Error('lost'));
    await expect(b).rejects.toThrow('lost');
    expect(log).toEqual(['a', 'b', 'c']);
    jobs[0]?.end();
    await a;
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    jobs[2]?.end();
    jobs[3]?.end();
    expect(await Promise.all([c, d])).toEqual(['c', 'd']);
  });

  test('are free again once all is done', async () => {
    const turns = new Turns(1);
    const results = await Promise.all([1, 2, 3].map((n) => turns.take(async () => n)));
    expect(results).toEqual([1, 2, 3]);
    expect(await turns.take(async () => 4)).toBe(4);
  });
});
