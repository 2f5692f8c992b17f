import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { OrderFailedError, OrderThread, OrderTimeoutError, type ThreadOptions } from './order-thread.ts';
import type { TestOrder } from './worker.test-kit.ts';

const open: OrderThread<TestOrder, number>[] = [];
afterEach(() => Promise.all(open.splice(0).map((thread) => thread.close())));

function threadWith(options: Partial<ThreadOptions> = {}): OrderThread<TestOrder, number> {
  const thread = new OrderThread<TestOrder, number>({
    name: 'a test',
    worker: new URL('./worker.test-kit.ts', import.meta.url),
    execArgv: ['--import', pathToFileURL('libs/testing/source-loader.mjs').href],
    heapMb: 64,
    timeoutMs: 30_000,
    ...options,
  });
  open.push(thread);
  return thread;
}

const count = { order: { do: 'count' } } as const;
/** Asks to count, and gives whether the thread was new. */
async function counted(thread: OrderThread<TestOrder, number>): Promise<{ isNew: boolean; count: number }> {
  let seen = false;
  const answer = await thread.ask((isNew) => {
    seen = isNew;
    return count;
  });
  return { isNew: seen, count: answer };
}

test('one thread answers one order after the other, each prepared when its turn comes', async () => {
  const thread = threadWith();
  const steps: string[] = [];
  const asked = [1, 2, 3].map((nth) =>
    thread
      .ask(async () => {
        steps.push(`prepare ${nth}`);
        return count;
      })
      .then((answer) => steps.push(`answer ${answer}`)),
  );
  await Promise.all(asked);
  expect(steps).toEqual([1, 2, 3].flatMap((nth) => [`prepare ${nth}`, `answer ${nth}`]));
});

test('a refused order, or one that could not be prepared, leaves the thread as it was', async () => {
  const thread = threadWith();
  expect(await counted(thread)).toEqual({ isNew: true, count: 1 });
  const refused = thread.ask(() => ({ order: { do: 'fail' } }));
  const unprepared = thread.ask(() => Promise.reject(new Error('nothing to read')));
  const nothing = thread.ask(() => undefined);
  await expect(refused).rejects.toEqual(new OrderFailedError('not like this', 'test.refused'));
  await expect(refused).rejects.toMatchObject({ code: 'test.refused' });
  await expect(unprepared).rejects.toThrow('nothing to read');
  expect(await nothing).toBeUndefined();
  expect(await counted(thread)).toEqual({ isNew: false, count: 2 });
});

test.each(['die', 'exhaust', 'spin'] as const)(
  'a thread that has to %s fails one order and is replaced',
  async (how) => {
    const thread = threadWith(how === 'spin' ? { timeoutMs: 20 } : {});
    const failed = thread.ask(() => ({ order: { do: how } }));
    const next = counted(thread);
    await expect(failed).rejects.toThrow('a test');
    if (how === 'spin') await expect(failed).rejects.toBeInstanceOf(OrderTimeoutError);
    expect(await next).toEqual({ isNew: true, count: 1 });
  },
);

test('a thread without work ends, and the next order starts another', async () => {
  const thread = threadWith({ idleMs: 0 });
  let isNew = (await counted(thread)).isNew;
  expect(isNew).toBe(true);
  do {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ({ isNew } = await counted(thread));
  } while (!isNew);
});

test('memory is handed over, not copied', async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const sum = await threadWith().ask(() => ({ order: { do: 'sum', bytes }, transfer: [bytes.buffer] }));
  expect(sum).toBe(6);
  expect(bytes.length).toBe(0);
});
