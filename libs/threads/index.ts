export { answerOrders } from './answer-orders.ts';
export { OrderFailedError, OrderThread, OrderTimeoutError, type ThreadOptions } from './order-thread.ts';
