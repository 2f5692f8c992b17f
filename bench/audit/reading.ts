import { noteSignerFromSeed, verifyExport } from '#ledger';
import { BodyStore } from '#messaging';
import { SubjectNames } from '#sealing';
import { EntryReader } from '../../services/audit/entries/entry-reader.ts';
import { exportLines } from '../../services/audit/exporting/export-lines.ts';
import { Owners } from '../../services/audit/personal/owners.ts';
import { PersonalVault } from '../../services/audit/personal/personal-vault.ts';
import { LedgerProofs } from '../../services/audit/proving/ledger-proofs.ts';
import { ContentOpener } from '../../services/audit/sessions/content-opener.ts';
import { filterOf } from '../../services/audit/sessions/session-query.ts';
import { requestIdOfUuid } from '../../services/audit/sessions/session-row.ts';
import { SessionStore } from '../../services/audit/sessions/session-store.ts';
import { LedgerKeys } from '../../services/audit/signing/ledger-keys.ts';
import { benchOrigin, benchSeed } from './names.ts';
import type { AuditBench } from './world.ts';

/** What readers wait for, ms (the median of several), and how fast an export verifies. */
export interface ReadingResult {
  pageMs: number;
  pageOfPersonMs: number;
  sessionMs: number;
  exportMbPerSecond: number;
  verifyMbPerSecond: number;
}

const pageRows = 50;
const exportedEntries = 20_000;
const times = 15;

/** Lists, opens and verifies as the endpoints do. */
export async function measureReading(bench: AuditBench): Promise<ReadingResult> {
  const queries = { query: (sql: string, values: unknown[]) => bench.source.query(sql, values) };
  const entries = new EntryReader(queries);
  const owners = new Owners(new SubjectNames(bench.subjectNames));
  const vault = new PersonalVault(bench.sealer, owners);
  const store = new SessionStore(queries, entries, vault);
  const opener = new ContentOpener(entries, bench.sealer, new BodyStore(bench.audit));
  const signer = noteSignerFromSeed(benchOrigin, benchSeed);
  const proofs = new LedgerProofs(
    queries,
    entries,
    new LedgerKeys(queries, { current: signer, previous: null }),
  );
  const { issuer } = bench.events.personOf(0);
  const page = async (user?: string) => {
    const query = { limit: pageRows, ...(user !== undefined && { user }) };
    const rows = await store.page(filterOf(query, { all: true }, { owners, issuers: [issuer] }), pageRows);
    await store.firstFacts(rows);
    return rows;
  };
  const ids = await bench.client.query('select id from session tablesample system (1) limit 200');
  const one = async (i: number) => {
    const id = requestIdOfUuid(ids.rows[i % ids.rows.length].id);
    const row = await store.find(id);
    if (row === null) throw new Error(`no session ${id}`);
    const facts = await store.facts(row);
    await opener.open(facts, true);
    await proofs.ofEntries(row.indexes);
  };
  const pageMs = await median(() => page());
  const pageOfPersonMs = await median((i) => page(`u-${i}`));
  const sessionMs = await median(one);
  const size = (await proofs.latest())?.size ?? 0;
  const parts = { entries, proofs, vault, signer, origin: benchOrigin };
  const lines: Buffer[] = [];
  const exportMs = await timed(async () => {
    const range = [Math.max(0, size - exportedEntries), size] as const;
    for await (const line of exportLines(parts, [range], size)) lines.push(Buffer.from(line));
  });
  const megabytes = lines.reduce((sum, { length }) => sum + length, 0) / 1e6;
  const verifyMs = await timed(async () => {
    const report = await verifyExport(
      (async function* () {
        yield* lines;
      })(),
      [signer.publicKey],
    );
    if (!report.isIntact) throw new Error('the export is not intact');
  });
  return {
    ...{ pageMs, pageOfPersonMs, sessionMs },
    exportMbPerSecond: (megabytes / exportMs) * 1000,
    verifyMbPerSecond: (megabytes / verifyMs) * 1000,
  };
}

/** Bytes on disk for each entry: tables, indexes and tree; of that, the word index. */
export async function diskPerEntry(bench: AuditBench): Promise<{ bytes: number; words: number }> {
  const { rows } = await bench.client.query(
    `select sum(pg_total_relation_size(c.oid)) as bytes,
            sum(pg_total_relation_size(c.oid)) filter (where c.relname = 'session_words') as words
     from pg_class c
     where c.relnamespace = 'audit'::regnamespace and c.relkind = 'r' and c.relname <> 'plain'`,
  );
  const entries = await bench.reached('projected');
  return { bytes: Number(rows[0].bytes) / entries, words: Number(rows[0].words) / entries };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function median(work: (i: number) => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) took.push(await timed(() => work(i)));
  return took.sort((a, b) => a - b)[Math.floor(times / 2)] as number;
}
