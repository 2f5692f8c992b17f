import pg from 'pg';

const NAME = /^[a-z][a-z0-9_]{0,40}$/;

/** A login that enters one schema (that of its own name where none is given) and no other. */
export interface DatabaseRole {
  readonly name: string;
  readonly password: string;
  readonly schema?: string;
  /** Without it the schema is another role's, which grants what this one may do. */
  readonly owns?: boolean;
}

/** The same server and database, as another role. */
export function roleUrl(url: string, role: DatabaseRole, database?: string): string {
  const result = new URL(url);
  result.username = role.name;
  result.password = encodeURIComponent(role.password);
  if (database !== undefined) result.pathname = `/${database}`;
  return result.href;
}

/**
 * Makes the database and, for each role, a login and, where it owns one, its schema. Safe to repeat:
 * what exists is kept and passwords are set again.
 */
export async function ensureDatabase(
  superuserUrl: string,
  database: string,
  roles: readonly DatabaseRole[],
): Promise<void> {
  for (const name of [database, ...roles.flatMap((role) => [role.name, role.schema ?? role.name])]) {
    if (!NAME.test(name)) throw new Error(`not a plain database name: ${name}`);
  }
  await withClient(superuserUrl, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
    await client.query(`revoke all on database ${database} from public`);
    for (const role of roles) await ensureRole(client, database, role);
  });
  const inside = new URL(superuserUrl);
  inside.pathname = `/${database}`;
  await withClient(inside.href, async (client) => {
    await client.query('revoke all on schema public from public');
    for (const { name, schema = name, owns = true } of roles) {
      if (owns) {
        await client.query(`create schema if not exists ${schema} authorization ${name}`);
        await client.query(`alter schema ${schema} owner to ${name}`);
      }
      await client.query(`alter role ${name} in database ${database} set search_path = ${schema}`);
    }
  });
}

async function ensureRole(client: pg.Client, database: string, role: DatabaseRole): Promise<void> {
  const found = await client.query('select 1 from pg_roles where rolname = $1', [role.name]);
  const verb = found.rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${role.name} login password ${client.escapeLiteral(role.password)}`);
  await client.query(`grant connect on database ${database} to ${role.name}`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
