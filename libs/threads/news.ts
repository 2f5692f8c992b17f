/** An order on its way to the thread. */
export interface NumberedOrder<Order> {
  readonly id: number;
  readonly order: Order;
}

/** What the thread says of an order. `begun` comes first, so that a time limit doesn't include the thread's start. */
export type News<Answer> =
  | { readonly kind: 'begun'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly answer: Answer }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly message: string;
      readonly code: string | undefined;
    };
