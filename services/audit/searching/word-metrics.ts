import { Counter, Gauge } from 'prom-client';
import { registry } from '#telemetry';

const registers = [registry];

/** What the word index does. */
export const wordMetrics = {
  entries: new Counter({
    name: 'sallyport_audit_words_entries_total',
    help: 'Entries whose words this process put into the index',
    registers,
  }),
  lag: new Gauge({
    name: 'sallyport_audit_words_lag_entries',
    help: 'Entries whose words are not in the index yet',
    registers,
  }),
  unreadable: new Counter({
    name: 'sallyport_audit_words_unreadable_total',
    help: 'Contents that could not be opened, and are not in the index',
    registers,
  }),
  failures: new Counter({
    name: 'sallyport_audit_words_failures_total',
    help: 'Times that the word index could not go on',
    registers,
  }),
};
