import { Pool } from 'undici';
import { z } from 'zod';
import type { ExternalDetector } from '#contracts';
import { findAddress, pinnedTo, type Resolve } from '#outgoing';
import type { Span } from '#redaction';

/** A detector can't be asked, or what it answers can't be used. */
export class DetectorError extends Error {
  override readonly name = 'DetectorError';
}

const connections = 4;
const maxAnswerBytes = 8 * 1024 * 1024;
const maxHeaderBytes = 16 * 1024;
const fallbackEntity = 'EXTERNAL';

/** What Presidio's analyzer answers to `POST /analyze`. Offsets count code points. */
const Found = z
  .array(
    z.object({
      start: z.number().int().nonnegative(),
      end: z.number().int().nonnegative(),
      entity_type: z.string().max(100),
      score: z.number().min(0).max(1),
    }),
  )
  .max(20_000);

/**
 * Asks one detector about texts, each in each language, until `signal` ends. The name is looked up once, and only an
 * address that may be reached is connected to. Throws `DetectorError`.
 */
export async function analyzeAll(
  detector: ExternalDetector,
  texts: readonly string[],
  signal: AbortSignal,
  resolve?: Resolve,
): Promise<Map<string, Span[]>> {
  const url = new URL(detector.url);
  const pool = await openPool(detector, url, signal, resolve).catch(failed);
  const spans = new Map<string, Span[]>(texts.map((text) => [text, []]));
  const questions = texts.flatMap((text) => detector.languages.map((language) => ({ text, language })));
  try {
    await inTurns(questions, async ({ text, language }) => {
      const found = await ask(pool, url, { text, language, entities: detector.entities }, signal);
      spans.get(text)?.push(...found);
    });
    return spans;
  } catch (error) {
    return failed(error);
  } finally {
    await pool.destroy().catch(() => undefined);
  }
}

async function openPool(detector: ExternalDetector, url: URL, signal: AbortSignal, resolve?: Resolve) {
  const found = await findAddress(url, detector.privateNetworks, signal, resolve);
  if (found.kind !== 'address') throw new DetectorError(`${url.host} is ${found.kind}`);
  const { timeoutMs } = detector;
  return new Pool(url.origin, {
    connections,
    connect: { lookup: pinnedTo(found.address), timeout: timeoutMs },
    maxHeaderSize: maxHeaderBytes,
    maxResponseSize: maxAnswerBytes,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

interface Question {
  readonly text: string;
  readonly language: string;
  readonly entities: readonly string[] | undefined;
}

async function ask(pool: Pool, url: URL, question: Question, signal: AbortSignal): Promise<Span[]> {
  const { statusCode, body } = await pool.request({
    ...{ method: 'POST', path: url.pathname, signal },
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(question),
  });
  if (statusCode !== 200) {
    await body.dump();
    throw new DetectorError(`${url.host} answered ${statusCode}`);
  }
  const unitAt = unitOffsets(question.text);
  return Found.parse(await body.json()).map(({ start, end, entity_type, score }) => {
    const span = { start: unitAt(start), end: unitAt(end) };
    if (span.start >= span.end)
      throw new DetectorError(`${url.host} answered with a place outside of the text`);
    return { ...span, entity: entityOf(entity_type), score, rule: 'external' };
  });
}

function entityOf(name: string): string {
  return /^[A-Z][A-Z0-9_]{0,39}$/.test(name) ? name : fallbackEntity;
}

/** From offsets in code points to offsets in UTF-16 code units; past the end, -1. */
function unitOffsets(text: string): (points: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (points) => (points <= text.length ? points : -1);
  const units = [0];
  for (const point of text) units.push(units.at(-1)! + point.length);
  return (points) => units[points] ?? -1;
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

/** Messages may hold text of the prompt or of the answer; what is thrown on holds neither. */
function failed(error: unknown): never {
  if (error instanceof DetectorError) throw error;
  const { name, code } = error as { name?: string; code?: unknown };
  throw new DetectorError(`the detector can not be asked (${typeof code === 'string' ? code : name})`);
}
