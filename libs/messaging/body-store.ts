import { type ObjectStore, Objm } from '@nats-io/obj';
import { bodiesStore } from '#contracts';
import type { Bus } from './bus.ts';

/** Keeps sealed content that is too large for a message (over 512 KiB) in the object store. */
export class BodyStore {
  private opening: Promise<ObjectStore> | undefined;

  constructor(private readonly bus: Bus) {}

  /** Stores bytes under a name, replacing what was there. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const store = await this.open();
    await store.putBlob({ name }, bytes);
  }

  /** The bytes, or null where there are none (any more). */
  async get(name: string): Promise<Uint8Array | null> {
    const store = await this.open();
    return store.getBlob(name);
  }

  private open(): Promise<ObjectStore> {
    if (!this.opening) {
      this.opening = new Objm(this.bus.js).open(bodiesStore);
      this.opening.catch(() => (this.opening = undefined));
    }
    return this.opening;
  }
}
