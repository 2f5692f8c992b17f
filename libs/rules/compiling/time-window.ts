import type { TimeWindow } from '#contracts';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const minutesPerDay = 24 * 60;

/** A test of an instant (milliseconds since the epoch) against a window. Throws RangeError for an unknown zone. */
export function compileWindow(window: TimeWindow): (now: number) => boolean {
  const clock = zoneClock(window.zone);
  const days = new Set<string>(window.days);
  const from = minutesOf(window.from);
  const to = minutesOf(window.to);
  return (now) => {
    const { day, minute } = clock(now);
    const today = days.has(dayNames[day]!);
    if (from < to) return today && minute >= from && minute < to;
    const yesterday = days.has(dayNames[(day + 6) % 7]!);
    return (today && minute >= from) || (yesterday && minute < to);
  };
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Day of the week and minute of the day in a zone; the last minute asked for is remembered. */
function zoneClock(zone: string): (now: number) => { day: number; minute: number } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  let known = Number.NaN;
  let last = { day: 0, minute: 0 };
  return (now) => {
    const minuteOfEpoch = Math.floor(now / 60_000);
    if (minuteOfEpoch === known) return last;
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
    const day = dayNames.indexOf(parts.get('weekday')!.toLowerCase() as (typeof dayNames)[number]);
    const minute = (Number(parts.get('hour')) * 60 + Number(parts.get('minute'))) % minutesPerDay;
    known = minuteOfEpoch;
    last = { day, minute };
    return last;
  };
}
