/** Injection token of the `DataSource`. */
export const DATABASE = Symbol('audit:database');
/** Injection token of the pool as a `Queryable`. */
export const QUERIES = Symbol('audit:queries');
/** Injection token of the key that signs checkpoints, tombstones, exports and certificates. */
export const SIGNER = Symbol('audit:signer');
