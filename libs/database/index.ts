export * from './connection-loss.ts';
export * from './create-outbox.migration.ts';
export * from './data-source.ts';
export * from './database.module.ts';
export * from './listen.ts';
export * from './outbox.ts';
export * from './relay.ts';
export * from './unit-of-work.ts';
