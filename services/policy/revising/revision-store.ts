import type { EntityManager } from 'typeorm';
import type {
  Activation,
  PolicyChange,
  PolicyDocument,
  PolicyFile,
  Principal,
  RevisionDetail,
  RevisionSummary,
} from '#contracts';
import { differences } from './difference.ts';
import type { PolicyDatabase } from './policy-database.ts';

/** Who made or activated a revision, as it is kept. */
export type Author = NonNullable<RevisionSummary['author']>;

export function authorOf({ issuer, subject, name }: Principal): Author {
  return { issuer, subject, ...(name !== undefined && { name }) };
}

/** A revision to store. */
export interface NewRevision {
  digest: string;
  document: PolicyDocument;
  files: readonly PolicyFile[];
  source: RevisionSummary['source'];
  author: Author | null;
  message: string;
  /** What was in force when it was made. */
  base: { number: number; document: PolicyDocument } | undefined;
  nowMs: number;
}

export interface StoredRevision {
  number: number;
  digest: string;
  document: PolicyDocument;
}

interface Row extends StoredRevision {
  files: PolicyFile[];
  source: RevisionSummary['source'];
  author: Author | null;
  message: string;
  base: number | null;
  changes: PolicyChange[];
  created_at: Date;
  activations: { at: string; by: Author | null; message: string }[] | null;
}

const listLimit = 200;
const activations = `(select json_agg(json_build_object('at', a.at, 'by', a.author, 'message', a.message) order by a.at)
  from activation a where a.number = r.number) as activations`;

/** Revisions and their activations in Postgres. Rows are only ever added. */
export class RevisionStore {
  constructor(private readonly database: PolicyDatabase) {}

  /** Whether this service has a database at all. */
  get isUsed(): boolean {
    return this.database.url !== undefined;
  }

  /** Adds a revision under the next number, which is also above `atLeast`. */
  create(revision: NewRevision, atLeast: number): Promise<number> {
    return this.database.transact(async (manager) => {
      await manager.query('lock table revision in share row exclusive mode');
      const [{ most }] = await manager.query('select coalesce(max(number), 0) as most from revision');
      const number = Math.max(Number(most), atLeast) + 1;
      await insert(manager, number, revision);
      return number;
    });
  }

  /** Adds a revision that has its number already, where it is not known yet. */
  adopt(number: number, revision: NewRevision): Promise<void> {
    return this.database.transact((manager) => insert(manager, number, revision));
  }

  /** Notes that a revision came into force. True where that was not known. */
  activated(number: number, { at, by, message }: Activation): Promise<boolean> {
    return this.database.transact(async (manager) => {
      const added = await manager.query(
        `insert into activation (number, at, author, message) values ($1, $2, $3, $4)
         on conflict do nothing returning number`,
        [number, new Date(at), by && JSON.stringify(by), message],
      );
      return added.length > 0;
    });
  }

  /** What was last imported from the file. */
  async lastImported(): Promise<StoredRevision | undefined> {
    const [row] = await this.rows(`where source = 'file' order by number desc limit 1`, []);
    return row;
  }

  /** What came into force last, and when. */
  async lastActivation(): Promise<{ number: number; at: number } | undefined> {
    const [row] = (await this.database.transact((manager) =>
      manager.query('select number, at from activation order by at desc, number desc limit 1'),
    )) as { number: number; at: string }[];
    return row && { number: row.number, at: Number(row.at) };
  }

  /** The revisions that came into force last, newest first, each activation counted. */
  async lastActivated(count: number): Promise<number[]> {
    const rows = await this.database.transact((manager) =>
      manager.query('select number from activation order by at desc, number desc limit $1', [count]),
    );
    return (rows as { number: number }[]).map(({ number }) => number);
  }

  async find(number: number): Promise<(StoredRevision & { detail: RevisionDetail }) | undefined> {
    const [row] = await this.rows('where number = $1', [number]);
    return row && { ...row, detail: detailOf(row) };
  }

  /** The newest revisions, newest first. */
  async list(): Promise<RevisionSummary[]> {
    const rows = await this.rows(`order by number desc limit ${listLimit}`, []);
    return rows.map(summaryOf);
  }

  private rows(rest: string, values: unknown[]): Promise<Row[]> {
    return this.database.transact((manager) =>
      manager.query(`select r.*, ${activations} from revision r ${rest}`, values),
    );
  }
}

async function insert(manager: EntityManager, number: number, revision: NewRevision): Promise<void> {
  const { digest, document, files, source, author, message, base, nowMs } = revision;
  await manager.query(
    `insert into revision (number, digest, document, files, source, author, message, base, changes, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
    [
      ...[number, digest, JSON.stringify(document), JSON.stringify(files), source],
      ...[author && JSON.stringify(author), message, base?.number ?? null],
      JSON.stringify(differences(base?.document ?? {}, document)),
      new Date(nowMs),
    ],
  );
}

function summaryOf(row: Row): RevisionSummary {
  const { number, digest, source, author, message, created_at } = row;
  return {
    revision: `r${number}`,
    ...{ digest, source, author, message },
    createdAt: created_at.getTime(),
    isActive: false,
    activations: (row.activations ?? []).map(({ at, ...rest }) => ({ at: Date.parse(at), ...rest })),
  };
}

function detailOf(row: Row): RevisionDetail {
  const { files, document, base, changes } = row;
  const shown = { files, document, base: base === null ? null : `r${base}`, changes, proposals: [] };
  return { ...summaryOf(row), ...shown };
}
