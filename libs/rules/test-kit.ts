import { type Profiler, Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

const counted = /\/libs\/(rules|redaction)\/|\/re2js\//;

const hasMaglev = Number.parseInt(process.versions.v8, 10) >= 12;
const compilers = ['opt', 'use-osr', ...(hasMaglev ? ['maglev'] : [])];

/**
 * How much work a piece of code is: how often the engine ran each function and block of this library, of masking's
 * detectors and of the pattern engine. The same on every machine, busy or not.
 */
export function workOf(run: () => void): number {
  const session = new Session();
  session.connect();
  // Optimised code doesn't keep count.
  for (const compiler of compilers) setFlagsFromString(`--no-${compiler}`);
  try {
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    run();
    let work = 0;
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error;
      for (const { url, functions } of result) if (counted.test(url)) work += runsOf(functions);
    });
    session.post('Profiler.stopPreciseCoverage');
    return work;
  } finally {
    session.disconnect();
    for (const compiler of compilers) setFlagsFromString(`--${compiler}`);
  }
}

function runsOf(functions: readonly Profiler.FunctionCoverage[]): number {
  let runs = 0;
  for (const { ranges } of functions) for (const { count } of ranges) runs += count;
  return runs;
}
