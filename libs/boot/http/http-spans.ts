import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openServerSpan, type ServerSpan, traceHeaders } from '#telemetry';

/** Asked all the time by machines, about nothing. */
const untraced = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * A span for every HTTP call, open until the connection has the whole answer. What the call leads to goes on from it, also
 * what reads the call's own headers.
 */
export function addHttpSpans(fastify: FastifyInstance): void {
  const spans = new WeakMap<FastifyRequest, ServerSpan>();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (untraced.has(request.url)) return done();
    const span = openServerSpan(request.method, request.headers);
    spans.set(request, span);
    reply.raw.once('close', () => span.end(request.routeOptions.url ?? 'unknown', reply.raw.statusCode));
    span.within(() => {
      Object.assign(request.headers, traceHeaders());
      done();
    });
  });
  // Once more: a body's bytes come outside of what its headers started.
  fastify.addHook('preHandler', (request, _, done) => {
    const span = spans.get(request);
    if (span) span.within(done);
    else done();
  });
}
