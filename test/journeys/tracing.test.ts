import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serviceNames } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { type CollectedSpan, startCollector } from './collector.ts';
import { chat, clientOf, heldWith, vote } from './people.ts';

let world: World;
let collector: Awaited<ReturnType<typeof startCollector>>;

beforeAll(async () => {
  [world, collector] = await Promise.all([startWorld(), startCollector()]);
  await Promise.all(serviceNames.map((name) => world.startService(name, collector.environment)));
}, 120_000);
afterAll(async () => {
  await world.stop();
  await collector.stop();
});

const inTrace = (traceId: string): CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId);
const named = (spans: readonly CollectedSpan[]): string[] =>
  spans.map(({ service, name }) => `${service}: ${name}`);

/** The spans whose parent is in no span of the trace, the caller's own apart. */
function orphans(spans: readonly CollectedSpan[], callersSpan: string): CollectedSpan[] {
  const known = new Set([...spans.map(({ spanId }) => spanId), callersSpan]);
  return spans.filter(({ parentSpanId }) => !known.has(parentSpanId));
}

const callersSpan = '00f067aa0ba902b7';
const traceparent = (traceId: string) => ({ headers: { traceparent: `00-${traceId}-${callersSpan}-01` } });

describe('the trace of a request', () => {
  test('goes on from the caller’s through every service to the ledger, and to the model', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    world.upstream.answer('fine');
    const client = await clientOf(world, 'dave');
    await client.chat.completions.create(chat('what marigolds need'), traceparent(traceId));
    const spans = await eventually(
      () => {
        const found = inTrace(traceId);
        expect(named(found)).toEqual(
          expect.arrayContaining([
            'ingress: POST /v1/*',
            'policy: process evt.request.received',
            'masking: process evt.request.released',
            'audit: record evt.request.received',
            'audit: record evt.request.released',
            'audit: record evt.live.request.completed',
          ]),
        );
        return found;
      },
      { timeoutMs: 30_000 },
    );
    expect(orphans(spans, callersSpan)).toEqual([]);
    const masking = spans.find(({ service }) => service === 'masking');
    expect(masking?.attributes['sallyport.request_id']).toMatch(/^req-/);
    const { traceparent: toModel } = world.upstream.requests.at(-1)?.headers ?? {};
    expect(toModel).toBe(`00-${traceId}-${masking?.spanId}-01`);
  }, 60_000);

  test('that people let through is linked from the trace of the vote that let it through', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    world.upstream.answer('fine');
    const client = await clientOf(world, 'carol');
    const answer = client.chat.completions.create(chat('the password of lupin?'), traceparent(traceId));
    await vote(world, 'alice', await heldWith(world, 'lupin'), 'approve');
    await answer;
    await eventually(
      () => {
        expect(named(inTrace(traceId))).toContain('approval: process evt.approval.requested');
        const run = collector.spans.find(
          ({ service, links }) => service === 'masking' && links.some((link) => link.traceId === traceId),
        );
        expect(named(inTrace(run?.traceId ?? ''))).toEqual(
          expect.arrayContaining([
            'approval: POST /v1/approvals/:id/votes',
            'audit: record evt.approval.decided',
          ]),
        );
      },
      { timeoutMs: 30_000 },
    );
  }, 60_000);

  test('holds no prompt, no answer, no token and no name', async () => {
    const said = collector.bodies.join('\n');
    expect(said.length).toBeGreaterThan(0);
    for (const secret of ['marigolds', 'lupin', 'Bearer', 'carol', 'alice'])
      expect(said).not.toContain(secret);
  });
});
