import { Counter, Gauge } from 'prom-client';
import { registry } from '#telemetry';

const registers = [registry];

/** The metrics of the ledger. */
export const ledgerMetrics = {
  entries: new Counter({
    name: 'sallyport_audit_entries_total',
    help: 'Entries written to the ledger by this process',
    registers,
  }),
  writer: new Gauge({
    name: 'sallyport_audit_writer',
    help: '1 in the process that writes the ledger',
    registers,
  }),
  lag: new Gauge({
    name: 'sallyport_audit_lag_events',
    help: 'Events in the log that are not in the ledger yet',
    registers,
  }),
  filled: new Gauge({
    name: 'sallyport_log_filled_ratio',
    help: 'How full the event log is; at 0.8 new requests are refused',
    registers,
  }),
  incidents: new Counter({
    name: 'sallyport_audit_incidents_total',
    help: 'Gaps, forks, flawed events and missing events found (alarm)',
    labelNames: ['kind'] as const,
    registers,
  }),
  size: new Gauge({ name: 'sallyport_audit_tree_size', help: 'Entries in the ledger', registers }),
  checkpoint: new Gauge({
    name: 'sallyport_audit_checkpoint_size',
    help: 'Entries covered by the last signed checkpoint',
    registers,
  }),
  failures: new Counter({
    name: 'sallyport_audit_write_failures_total',
    help: 'Times that writing stopped and began again',
    registers,
  }),
};
