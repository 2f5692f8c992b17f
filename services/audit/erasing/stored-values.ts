import { bodiesStore, buckets } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import type { Queryable } from '../entries/entry-reader.ts';
import { facetOf } from '../sessions/facets.ts';

const objects = `OBJ_${bodiesStore}`;
const vault = `KV_${buckets.vault}`;
const timeoutMs = 5000;

interface Listing {
  error?: { description: string };
  state?: { subjects?: Record<string, number> };
  total?: number;
}

const requestIdPattern = /req-[0-9a-f]{32}/;

/**
 * Overwrites what services keep of a person outside of the ledger: values in the vault and bodies and answers in the
 * object store. They are found by name: a name holds the request id, or the name of the person's data key.
 * Gives how many messages went. Throws `MissingDependencyError` where the broker can't be asked or refuses.
 */
export async function destroyStored(bus: Bus, database: Queryable, subjectKey: string): Promise<number> {
  try {
    let gone = 0;
    for (const subject of await ofPerson(
      database,
      subjectKey,
      await subjectsOf(bus, vault, '>'),
      (name) => name,
    )) {
      gone += await destroyAll(bus, vault, subject);
    }
    const metas = await subjectsOf(bus, objects, `$O.${bodiesStore}.M.>`);
    for (const subject of await ofPerson(database, subjectKey, metas, objectName)) {
      const meta = await bus.readMessage({ lastOf: subject }, objects);
      const { nuid } = JSON.parse(Buffer.from(meta?.payload ?? '{}').toString('utf8')) as { nuid?: string };
      if (nuid !== undefined) gone += await destroyAll(bus, objects, `$O.${bodiesStore}.C.${nuid}`);
      gone += await destroyAll(bus, objects, subject);
    }
    return gone;
  } catch (cause) {
    throw new MissingDependencyError('stored values are not destroyed yet', { cause });
  }
}

/** An object's name; its subject carries it in base64 (NATS ADR-20). */
function objectName(subject: string): string {
  return Buffer.from(subject.slice(`$O.${bodiesStore}.M.`.length), 'base64url').toString('utf8');
}

/** Those subjects whose names say that they belong to this person. */
async function ofPerson(
  database: Queryable,
  subjectKey: string,
  subjects: readonly string[],
  nameOf: (subject: string) => string,
): Promise<string[]> {
  const named = subjects.map((subject) => ({ subject, name: nameOf(subject) }));
  const ids = new Set(
    named.flatMap(({ name }) => requestIdPattern.exec(name)?.[0].slice('req-'.length) ?? []),
  );
  const rows = await database.query(
    'select id from session where id = any($1::uuid[]) and facets @> array[$2::bigint]',
    [[...ids], facetOf('user', subjectKey)],
  );
  const theirs = new Set(rows.map(({ id }) => `req-${String(id).replaceAll('-', '')}`));
  return named
    .filter(({ name }) => name.includes(subjectKey) || theirs.has(requestIdPattern.exec(name)?.[0] ?? ''))
    .map(({ subject }) => subject);
}

async function subjectsOf(bus: Bus, stream: string, filter: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const order = JSON.stringify({ subjects_filter: filter, offset: found.length });
    const reply = await bus.nc.request(`$JS.API.STREAM.INFO.${stream}`, order, { timeout: timeoutMs });
    const { error, state, total } = reply.json<Listing>();
    if (error) throw new Error(error.description);
    const page = Object.keys(state?.subjects ?? {});
    found.push(...page);
    if (page.length === 0 || found.length >= (total ?? 0)) return found;
  }
}

/** Overwrites every message of a subject, the last one first: nothing is left to be found. */
async function destroyAll(bus: Bus, stream: string, subject: string): Promise<number> {
  for (let gone = 0; ; gone += 1) {
    const message = await bus.readMessage({ lastOf: subject }, stream);
    if (message === null) return gone;
    const order = JSON.stringify({ seq: message.sequence, no_erase: false });
    const reply = await bus.nc.request(`$JS.API.STREAM.MSG.DELETE.${stream}`, order, { timeout: timeoutMs });
    if (reply.json<{ success?: boolean }>().success !== true) throw new Error('the broker refused');
  }
}
