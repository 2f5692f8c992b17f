import type pg from 'pg';

/** The key of the lock that placing a hold waits for, in SQL. */
export const holdLock = `hashtextextended('sallyport.audit.holds', 0)`;

/**
 * Does something that a hold forbids, while none can be placed: whoever got one before finds everything left, whoever
 * gets one later waits for the end of it. False where a hold is being placed now, or where `work` gives that.
 */
export async function whileNoHoldComes(
  client: pg.ClientBase,
  work: () => Promise<boolean>,
): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(${holdLock}) as taken`,
  );
  if (rows[0]?.taken !== true) return false;
  try {
    return await work();
  } finally {
    await client.query(`select pg_advisory_unlock(${holdLock})`);
  }
}
