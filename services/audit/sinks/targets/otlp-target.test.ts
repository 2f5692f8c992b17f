import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Piece, PieceRecord } from '../sink.ts';
import { OtlpTarget } from './otlp-target.ts';
import { retryAfterMs } from './post.ts';

/** Of 64 bits: a decimal string (ProtoJSON). */
const uint64 = z.string().regex(/^\d{1,20}$/);
const AnyValue = z.union([z.strictObject({ stringValue: z.string() }), z.strictObject({ intValue: uint64 })]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value: AnyValue }));
/** `ExportLogsServiceRequest` (opentelemetry-proto 1.x) as OTLP/JSON, with the fields that are sent. */
const Sent = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeLogs: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string() }),
          logRecords: z.array(
            z.strictObject({
              timeUnixNano: uint64,
              observedTimeUnixNano: uint64,
              severityNumber: z.number().int().min(1).max(24),
              severityText: z.enum(['INFO', 'WARN', 'ERROR']),
              eventName: z.string(),
              body: z.strictObject({ stringValue: z.string() }),
              attributes,
            }),
          ),
        }),
      ),
    }),
  ),
});

let taken: z.infer<typeof Sent>[] = [];
let headers: IncomingHttpHeaders = {};
let answer: { status: number; headers?: Record<string, string>; body?: object } = { status: 200 };
const receiver = createServer(async (request, response) => {
  headers = request.headers;
  taken.push(Sent.parse(await json(request)));
  const said = { 'content-type': 'application/json', ...answer.headers };
  response.writeHead(answer.status, said).end(JSON.stringify(answer.body ?? {}));
});
let target: OtlpTarget;

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/logs`;
  target = new OtlpTarget(url, 'ledger', async () => 'Bearer t', 5000);
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});
beforeEach(() => {
  [taken, answer] = [[], { status: 200 }];
});

const requestId = `req-${'0'.repeat(32)}`;
function recordOf(index: number, over: Partial<PieceRecord> = {}): PieceRecord {
  const entry = {
    ...{ kind: 'event' as const, logId: 'EVENTS-1', sequence: index + 1, atMs: 1_790_000_000_123 },
    ...{ subject: 'evt.request.completed.v1', messageId: `m-${index}`, head: Buffer.alloc(0), personal: [] },
    sealed: { bytes: 0, digest: Buffer.alloc(32) },
  };
  const stored = { index, log: 1, entry, openings: null, contentIndex: null };
  return { stored, name: 'request.completed', head: '{"a":1}', requestId, outcome: 'answered', ...over };
}
function pieceOf(records: readonly PieceRecord[]): Piece {
  const stream = async function* <T>(all: readonly T[]) {
    yield* all;
  };
  return {
    ...{ from: 0, to: records.length, sinceMs: 0 },
    lines: () => stream<string>([]),
    records: () => stream(records),
  };
}
const deliver = (...records: PieceRecord[]) => target.deliver(pieceOf(records), AbortSignal.timeout(30_000));
const recordsIn = (one: z.infer<typeof Sent> | undefined) =>
  one?.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
const valuesOf = (list: z.infer<typeof attributes>) =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('a log record', () => {
  test('has the fields of the logs data model: times in nanoseconds, severity, name, body and attributes; its resource is the service', async () => {
    expect(await deliver(recordOf(7))).toBe(0);
    expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer t' });
    const [resource] = taken[0]?.resourceLogs ?? [];
    expect(valuesOf(resource?.resource.attributes ?? [])).toEqual({
      ...{ 'service.name': 'audit', 'service.namespace': 'sallyport', 'sallyport.log.origin': 'ledger' },
    });
    const [{ attributes: own = [], ...record } = {}] = recordsIn(taken[0]);
    expect(record).toEqual({
      ...{ timeUnixNano: '1790000000123000000', observedTimeUnixNano: '1790000000123000000' },
      ...{ severityNumber: 9, severityText: 'INFO', eventName: 'request.completed' },
      body: { stringValue: '{"a":1}' },
    });
    expect(valuesOf(own)).toEqual({
      'event.name': 'request.completed',
      'sallyport.entry.index': '7',
      'sallyport.log.sequence': '8',
      'sallyport.log.id': 'EVENTS-1',
      'sallyport.request.id': requestId,
      'messaging.system': 'nats',
      'messaging.message.id': 'm-7',
      'messaging.destination.name': 'evt.request.completed.v1',
    });
  });

  test('warns of refusals and failures, and is an error where the ledger lost something', async () => {
    const gap = { name: 'gap', requestId: null, outcome: null };
    await deliver(
      recordOf(0, { name: 'access.denied', outcome: null }),
      recordOf(1, { outcome: 'failed' }),
      recordOf(2, { outcome: 'denied' }),
      recordOf(3, gap),
    );
    expect(recordsIn(taken[0]).map(({ severityText }) => severityText)).toEqual([
      ...['WARN', 'WARN', 'INFO', 'ERROR'],
    ]);
  });

  test('goes with others, but never with more than 4 MiB or 500 of them', async () => {
    const large = JSON.stringify('x'.repeat(1_500_000));
    await deliver(...[0, 1, 2, 3].map((index) => recordOf(index, { head: large })));
    expect(taken.map((one) => recordsIn(one).length)).toEqual([2, 2]);
    taken = [];
    await deliver(...Array.from({ length: 501 }, (_, index) => recordOf(index)));
    expect(taken.map((one) => recordsIn(one).length)).toEqual([500, 1]);
  });
});

describe('what a receiver answers', () => {
  test('a partial success is a success: what it refused is counted and not sent again', async () => {
    answer.body = { partialSuccess: { rejectedLogRecords: '1', errorMessage: 'too old' } };
    expect(await deliver(recordOf(0), recordOf(1))).toBe(1);
    answer.body = { partialSuccess: { errorMessage: 'only a warning' } };
    expect(await deliver(recordOf(0))).toBe(0);
    expect(taken).toHaveLength(2);
  });

  test.each([
    [429, '7', { afterMs: 7000, isUseless: false }],
    [503, undefined, { isUseless: false }],
    [502, undefined, { isUseless: false }],
    [504, '0', { afterMs: 0, isUseless: false }],
    [400, undefined, { isUseless: true }],
    [413, undefined, { isUseless: true }],
    [500, undefined, { isUseless: true }],
  ] as const)('%i with Retry-After %s says when to send again', async (status, after, again) => {
    answer = { status, ...(after && { headers: { 'retry-after': after } }) };
    await expect(deliver(recordOf(0))).rejects.toMatchObject({ name: 'NotTakenError', again });
  });

  test('Retry-After is in seconds or a date, and no longer than an hour', () => {
    const nowMs = Date.parse('Mon, 23 Nov 2026 12:00:00 GMT');
    expect(retryAfterMs('Mon, 23 Nov 2026 12:00:30 GMT', nowMs)).toBe(30_000);
    expect(retryAfterMs('Mon, 23 Nov 2026 11:00:00 GMT', nowMs)).toBe(0);
    expect(retryAfterMs('120', nowMs)).toBe(120_000);
    expect(retryAfterMs('99999999', nowMs)).toBe(3_600_000);
    expect([retryAfterMs('soon', nowMs), retryAfterMs(undefined, nowMs)]).toEqual([undefined, undefined]);
  });
});
