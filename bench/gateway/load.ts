import { Agent, request } from 'node:http';

/** One kind of request that a contender gets. */
export interface Shot {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Milliseconds to the first byte of the body and to the end, for each request. */
export interface Timings {
  firstByteMs: number[];
  totalMs: number[];
  wallMs: number;
}

/** Sends one request. Rejects on any answer but 200. */
export function fire(
  agent: Agent,
  { url, headers, body }: Shot,
): Promise<{ firstByteMs: number; totalMs: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let firstByteMs = 0;
    const call = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    });
    call.on('error', reject);
    call.on('response', (answer) => {
      const { statusCode } = answer;
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => {
        firstByteMs ||= performance.now() - started;
        if (statusCode !== 200) parts.push(part);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (statusCode === 200) resolve({ firstByteMs, totalMs: performance.now() - started });
        else
          reject(
            new Error(`${url} answered ${statusCode}: ${Buffer.concat(parts).toString().slice(0, 300)}`),
          );
      });
    });
    call.end(body);
  });
}

/** Sends `count` requests, `concurrency` at a time, over kept-alive connections. Throws on any answer but 200. */
export async function load(shot: Shot, count: number, concurrency: number): Promise<Timings> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const timings: Timings = { firstByteMs: [], totalMs: [], wallMs: 0 };
  let left = count;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { firstByteMs, totalMs } = await fire(agent, shot);
      timings.firstByteMs.push(firstByteMs);
      timings.totalMs.push(totalMs);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  timings.wallMs = performance.now() - started;
  agent.destroy();
  return timings;
}

/** The value below which a share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
