import {
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const tracer = trace.getTracer('sallyport');

/** True where spans go somewhere (`OTEL_EXPORTER_OTLP_ENDPOINT`); `start.ts` was loaded from outside then. */
export const tracing = Boolean(process.env.OTEL_EXPORTER_OTLP_ENDPOINT);

/** Headers of a message or a request, as far as they name a trace (W3C Trace Context). */
export type TraceHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The current trace context as headers for a message or a request; empty where nothing traces. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  if (tracing) propagation.inject(context.active(), carrier);
  return carrier;
}

export interface SpanOptions {
  /** Headers of what is worked on: its span is this one's parent. */
  readonly from?: TraceHeaders | undefined;
  /** Headers of the request that it is about: linked where that is another trace, or continued where `from` names none. */
  readonly about?: TraceHeaders | undefined;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Runs `work`, started by a message, in a span of its own. Costs nothing where nothing traces. */
export function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (!tracing) return work();
  const { parent, links } = placeOf(options);
  const settings = { kind: SpanKind.CONSUMER, attributes: { ...options.attributes }, links };
  return tracer.startActiveSpan(name, settings, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A span for work that was done for many at once, between two times in ms since the epoch. */
export function addSpan(name: string, options: SpanOptions, startMs: number, endMs: number): void {
  if (!tracing) return;
  const { parent, links } = placeOf(options);
  const settings = {
    kind: SpanKind.CONSUMER,
    attributes: { ...options.attributes },
    links,
    startTime: startMs,
  };
  tracer.startSpan(name, settings, parent).end(endMs);
}

/** An HTTP call that came in, until `end` says how it went; what `within` runs belongs to it. */
export interface ServerSpan {
  within(work: () => void): void;
  end(route: string, status: number): void;
}

/** Opens the span of an HTTP call. `headers` are the call's: they name the caller's own trace, if it has one. */
export function openServerSpan(method: string, headers: TraceHeaders): ServerSpan {
  const attributes = { 'http.request.method': method };
  const parent = extract(headers);
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  return {
    within: (work) => context.with(trace.setSpan(parent, span), work),
    end: (route, status) => {
      span.updateName(`${method} ${route}`);
      span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Sends the spans that still wait in memory. */
export async function flushSpans(): Promise<void> {
  if (!tracing) return;
  const provider = trace.getTracerProvider() as { getDelegate?: () => { forceFlush?: () => Promise<void> } };
  await provider.getDelegate?.().forceFlush?.();
}

function extract(headers: TraceHeaders | undefined): Context {
  return propagation.extract(ROOT_CONTEXT, headers ?? {});
}

function placeOf({ from, about }: SpanOptions): { parent: Context; links: Link[] } {
  const parent = extract(from);
  const own = trace.getSpanContext(parent);
  const other = trace.getSpanContext(extract(about));
  if (own === undefined) return { parent: extract(about), links: [] };
  const isOther = other !== undefined && other.traceId !== own.traceId;
  return { parent, links: isOther ? [{ context: other }] : [] };
}
