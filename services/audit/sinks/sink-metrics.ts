import { Counter, Gauge } from 'prom-client';
import { registry } from '#telemetry';

const registers = [registry];
const labelNames = ['sink'] as const;

/** What the sinks of the ledger do. */
export const sinkMetrics = {
  entries: new Counter({
    name: 'sallyport_audit_sink_entries_total',
    help: 'Entries that a sink took from this process',
    labelNames,
    registers,
  }),
  failures: new Counter({
    name: 'sallyport_audit_sink_failures_total',
    help: 'Times that a sink did not take what it was sent',
    labelNames,
    registers,
  }),
  refused: new Counter({
    name: 'sallyport_audit_sink_refused_total',
    help: 'Entries that a sink took with the others of a request and said it does not keep',
    labelNames,
    registers,
  }),
  lag: new Gauge({
    name: 'sallyport_audit_sink_lag_entries',
    help: 'Signed entries that a sink does not have yet',
    labelNames,
    registers,
  }),
};
