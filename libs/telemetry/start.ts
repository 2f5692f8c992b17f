/**
 * Starts OpenTelemetry before a service's own code: `node --import ./dist/libs/telemetry/start.js main.js`. Where
 * spans go, and how many, is read from the standard `OTEL_…` environment variables.
 */
import { NodeSDK } from '@opentelemetry/sdk-node';

if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) {
  const sdk = new NodeSDK();
  sdk.start();
  process.once('beforeExit', () => void sdk.shutdown());
}
