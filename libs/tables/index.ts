export { type TableLimits, TablesThread } from './tables-thread.ts';
