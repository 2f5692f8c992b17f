import { answerOrders } from './answer-orders.ts';

/** What the thread of this library's tests is asked. */
export type TestOrder =
  | { do: 'count' | 'fail' | 'die' | 'spin' | 'exhaust' }
  | { do: 'sum'; bytes: Uint8Array };

let count = 0;

answerOrders((order: TestOrder): number => {
  switch (order.do) {
    case 'count':
      return ++count;
    case 'fail':
      throw Object.assign(new RangeError('not like this'), { code: 'test.refused' });
    case 'die':
      return process.exit(3);
    case 'spin':
      for (;;) count++;
    case 'exhaust': {
      const kept: number[][] = [];
      for (;;) kept.push(new Array(100_000).fill(Math.random()));
    }
    case 'sum':
      return order.bytes.reduce((sum, byte) => sum + byte, 0);
    default:
      return order satisfies never;
  }
});
