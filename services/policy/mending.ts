import { setTimeout as wait } from 'node:timers/promises';

const retryMs = 500;

/** Puts something right in the background: one attempt at a time, and another where it failed or went wrong again. */
export class Mending {
  private isWrong = false;
  private isClosed = false;
  private working: Promise<void> | undefined;

  constructor(
    private readonly putRight: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.isWrong = true;
    this.working ??= this.work();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.working;
  }

  private async work(): Promise<void> {
    while (this.isWrong && !this.isClosed) {
      this.isWrong = false;
      try {
        await this.putRight();
      } catch (error) {
        this.onError(error);
        this.isWrong = true;
        await wait(retryMs, undefined, { ref: false });
      }
    }
    this.working = undefined;
  }
}
