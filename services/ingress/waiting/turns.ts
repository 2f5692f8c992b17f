/** Lets at most so many things go on at a time; the rest waits for its turn, in order. */
export class Turns {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly most: number) {}

  /** Runs `work` when it is its turn. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.most) await new Promise<void>((resolve) => this.queue.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      // The turn is handed on, so nobody can come in between.
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
