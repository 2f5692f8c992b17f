/**
 * Starts OpenTelemetry before a service's own code: `node --import ./dist/libs/telemetry/start.js main.js`. Where
 * spans go, and how many, is read from the standard `OTEL_…` environment variables. Loads nothing where
 * `OTEL_EXPORTER_OTLP_ENDPOINT` isn't set.
 */
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  // Services say how they are with Prometheus' metrics and logs on standard output; only spans go this way.
  process.env.OTEL_TRACES_EXPORTER ??= 'otlp';
  process.env.OTEL_METRICS_EXPORTER ??= 'none';
  process.env.OTEL_LOGS_EXPORTER ??= 'none';
  process.env.OTEL_SERVICE_NAME ??= process.env.SERVICE ?? process.env.NATS_USER ?? 'sallyport';
  process.env.OTEL_RESOURCE_ATTRIBUTES ??= 'service.namespace=sallyport';
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  new NodeSDK().start();
}

export {};
