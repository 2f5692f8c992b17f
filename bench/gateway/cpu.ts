import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks in a second, as Linux reports process times (`USER_HZ`). */
const ticksPerSecond = 100;

interface Stat {
  parent: number;
  ms: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Fields 14 and 15 of proc(5), counted from 1: user and system time.
    return {
      parent: Number(fields[1]),
      ms: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond,
    };
  } catch {
    return undefined;
  }
}

/**
 * CPU milliseconds that processes and all their descendants have used so far (Linux; elsewhere NaN). Children that
 * ended are not counted.
 */
export function cpuMs(pids: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN;
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat) stats.set(Number(name), stat);
  }
  const wanted = new Set(pids);
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent) {
      if (wanted.has(at)) return true;
    }
    return false;
  };
  return [...stats].filter(([pid]) => belongs(pid)).reduce((sum, [, { ms }]) => sum + ms, 0);
}
