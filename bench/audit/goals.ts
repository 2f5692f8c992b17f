import type { RateResult } from './rate.ts';
import type { TakeoverResult } from './takeover.ts';

export const goals = { 'events/s': 10_000, 'ratio to plain COPY': 0.5, 'takeover ms': 10_000 } as const;

export interface Reached {
  rounds: readonly RateResult[];
  growth: readonly { rate: RateResult }[];
  takeover: TakeoverResult;
  logCopiesPerSecond: number;
}

/** What was wanted, what was reached, and whether that is it: one line each. Pure. */
export function goalLines({ rounds, growth, takeover, logCopiesPerSecond }: Reached): string[] {
  const rates = [...rounds, ...growth.map(({ rate }) => rate)];
  const slowest = Math.min(...rates.map(({ eventsPerSecond }) => eventsPerSecond));
  const ratio = median(rates.map((rate) => rate.ratio));
  const ofLog = median(rates.map(({ eventsPerSecond }) => eventsPerSecond)) / logCopiesPerSecond;
  const takeoverMs = Math.max(...takeover.writerMs);
  return [
    `${said(slowest >= goals['events/s'])}  10,000 events/s: ${Math.round(slowest).toLocaleString('en')} in the slowest round`,
    `${said(ratio >= goals['ratio to plain COPY'])}  half of a plain COPY from memory: ${ratio.toFixed(2)} of it (median); ${ofLog.toFixed(2)} of a COPY of what comes out of the log`,
    `${said(takeoverMs < goals['takeover ms'])}  another writer within 10 s: ${takeoverMs} ms at most`,
  ];
}

const said = (isReached: boolean): string => (isReached ? 'reached' : 'missed ');

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
