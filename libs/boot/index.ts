export * from './active-config.ts';
export * from './boot-service.ts';
export * from './denied-recorder.ts';
export * from './error-filter.ts';
export * from './frozen-list.ts';
export * from './readiness.ts';
export * from './runtime.ts';
export * from './settings.ts';
