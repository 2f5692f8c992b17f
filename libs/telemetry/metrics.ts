import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The process's metrics, served at `/metrics` in Prometheus' text format. */
export const registry = new Registry();

let defaults = false;

/** Adds Node's own metrics once and labels everything with the service. */
export function startMetrics(service: string): void {
  registry.setDefaultLabels({ service });
  if (!defaults) collectDefaultMetrics({ register: registry });
  defaults = true;
}

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Every metric of Sallyport by name; labels are few and of low cardinality. */
export const metrics = {
  requests: new Counter({
    name: 'sallyport_requests_total',
    help: 'Requests that ended, by outcome',
    labelNames: ['outcome'] as const,
    registers: [registry],
  }),
  overhead: new Histogram({
    name: 'sallyport_request_duration_seconds',
    help: 'From received to completed, by outcome',
    labelNames: ['outcome'] as const,
    buckets: latencyBuckets,
    registers: [registry],
  }),
  decisions: new Counter({
    name: 'sallyport_policy_decisions_total',
    help: 'Decisions of policy, by effect',
    labelNames: ['effect'] as const,
    registers: [registry],
  }),
  configRevision: new Gauge({
    name: 'sallyport_config_revision_info',
    help: '1 for the revision of sallyport.yaml that this process runs',
    labelNames: ['revision'] as const,
    registers: [registry],
  }),
  configRefused: new Gauge({
    name: 'sallyport_config_revision_refused',
    help: '1 while this process keeps an earlier revision because it cannot use the one in force (alarm)',
    registers: [registry],
  }),
  configForged: new Counter({
    name: 'sallyport_config_forged_total',
    help: 'How often what is in force was deleted or replaced by what policy did not sign, or by an earlier activation (alarm)',
    registers: [registry],
  }),
  blockListRefused: new Gauge({
    name: 'sallyport_block_list_refused',
    help: '1 while this process keeps the list of what is frozen or revoked that it has, because it cannot trust what stands in its place (alarm)',
    registers: [registry],
  }),
  blockListRefusals: new Counter({
    name: 'sallyport_block_list_refusals_total',
    help: 'How often that happened (alarm)',
    registers: [registry],
  }),
  questionsForged: new Counter({
    name: 'sallyport_questions_forged_total',
    help: 'What was put before people by somebody else than who may, by gate (alarm)',
    labelNames: ['gate'] as const,
    registers: [registry],
  }),
  waiting: new Gauge({
    name: 'sallyport_clients_waiting',
    help: 'Client connections that wait for an answer',
    registers: [registry],
  }),
  modelCalls: new Counter({
    name: 'sallyport_model_calls_total',
    help: 'Calls of a model, by connection and result',
    labelNames: ['connection', 'result'] as const,
    registers: [registry],
  }),
  modelDuration: new Histogram({
    name: 'sallyport_model_call_duration_seconds',
    help: 'From the start of a call to the end of the answer, by connection',
    labelNames: ['connection'] as const,
    buckets: latencyBuckets,
    registers: [registry],
  }),
  breakerOpen: new Gauge({
    name: 'sallyport_upstream_breaker_open',
    help: '1 while calls of a connection fail at once because its server does not answer',
    labelNames: ['connection'] as const,
    registers: [registry],
  }),
  releasesRefused: new Counter({
    name: 'sallyport_releases_refused_total',
    help: 'Releases that masking did not run because they are not authentic or break their contract (alarm)',
    labelNames: ['reason'] as const,
    registers: [registry],
  }),
  masked: new Counter({
    name: 'sallyport_masked_values_total',
    help: 'Values masked, by entity',
    labelNames: ['entity'] as const,
    registers: [registry],
  }),
  settled: new Counter({
    name: 'sallyport_messages_failed_total',
    help: 'Event handlers that threw, by exit',
    labelNames: ['exit'] as const,
    registers: [registry],
  }),
  approvalsPending: new Gauge({
    name: 'sallyport_approvals_pending',
    help: 'Approval requests that wait for people; the same from every replica',
    registers: [registry],
  }),
  approvalsOldest: new Gauge({
    name: 'sallyport_approvals_oldest_seconds',
    help: 'For how long the oldest of them has waited',
    registers: [registry],
  }),
  notifications: new Counter({
    name: 'sallyport_notifications_total',
    help: 'Attempts to notify, by channel (email, webhook) and result',
    labelNames: ['channel', 'result'] as const,
    registers: [registry],
  }),
  notificationsWaiting: new Gauge({
    name: 'sallyport_notifications_waiting',
    help: 'Notifications that wait to be sent, also for another attempt',
    registers: [registry],
  }),
};
