import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('sallyport');

/** True where OpenTelemetry was loaded from outside (`node --import …/telemetry/start.js`). */
export const tracing = process.env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;

/** The current trace context as headers for a message or a request; empty where nothing traces. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  if (tracing) propagation.inject(context.active(), carrier);
  return carrier;
}

/** Runs `work` in a span that continues the trace in `headers`. Costs nothing where nothing traces. */
export async function inSpan<T>(
  name: string,
  headers: Record<string, string> | undefined,
  attributes: Record<string, string>,
  work: () => Promise<T>,
): Promise<T> {
  if (!tracing) return work();
  const parent = propagation.extract(context.active(), headers ?? {});
  return tracer.startActiveSpan(name, { kind: SpanKind.CONSUMER, attributes }, parent, (span) =>
    finish(span, work),
  );
}

async function finish<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
    throw error;
  } finally {
    span.end();
  }
}
