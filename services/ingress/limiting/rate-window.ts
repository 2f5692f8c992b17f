import { z } from 'zod';

/** A window is counted in so many parts: a full one frees a part at a time. */
const parts = 60;

/** KV `limits`, key a digest of the counter: what was granted, by part of the window. */
export const RateEntry = z.object({ slots: z.record(z.string(), z.number()) });
export type RateEntry = z.infer<typeof RateEntry>;

export const emptyEntry: RateEntry = { slots: {} };

/** So many per length of time. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** Which part of time a moment is in. */
export function slotOf({ perMs }: Rate, nowMs: number): number {
  return Math.floor((nowMs * parts) / perMs);
}

/** The parts that count at a moment: everything granted in the last `perMs`, and at most one part more. Pure. */
export function current({ slots }: RateEntry, rate: Rate, nowMs: number): RateEntry {
  const oldest = slotOf(rate, nowMs) - parts;
  return {
    slots: Object.fromEntries(
      Object.entries(slots).filter(([slot, used]) => Number(slot) >= oldest && used > 0),
    ),
  };
}

export function usedIn({ slots }: RateEntry): number {
  return Object.values(slots).reduce((sum, used) => sum + used, 0);
}

/** Puts `amount` into the part of time that `nowMs` is in; a negative one gives back. Pure. */
export function add(entry: RateEntry, slot: number, amount: number): RateEntry {
  const key = String(slot);
  return { slots: { ...entry.slots, [key]: Math.max(0, (entry.slots[key] ?? 0) + amount) } };
}

/** When a full window next has room, in milliseconds from now: when its oldest part no longer counts. Pure. */
export function roomInMs({ slots }: RateEntry, { perMs }: Rate, nowMs: number): number {
  const oldest = Math.min(...Object.keys(slots).map(Number));
  if (!Number.isFinite(oldest)) return 1;
  return Math.max(1, Math.ceil(((oldest + parts + 1) * perMs) / parts - nowMs));
}
